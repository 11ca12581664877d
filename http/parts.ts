/** What the app is made of. */
import type { Agent } from "../core/chat.ts";
import type { StatusView } from "../core/client.ts";
import type { Limits } from "../core/limits.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import type { Principal } from "../core/principal.ts";
import type { Studio } from "../core/studio.ts";
import type { Access } from "./access.ts";

export interface AppParts {
  studio: Studio;
  agent: Agent;
  metrics: Metrics & { text(): Promise<{ contentType: string; body: string }> };
  limits: Limits;
  log: Log;
  version: string;
  status(): Promise<StatusView>;
  /** Throws the Failure that keeps work from being accepted. */
  ready(): Promise<void>;
  access: Access;
  mcp?: { handle(request: Request, principal: Principal): Promise<Response> };
  /** True: every request is the person's own, as on the socket. For use inside a process. */
  local?: boolean;
}
