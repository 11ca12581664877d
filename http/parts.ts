/** What the app is made of. */

import type { AccessKeys } from "../core/access-keys.ts";
import type { Agent } from "../core/chat.ts";
import type { StatusView } from "../core/client.ts";
import type { Deliveries } from "../core/deliveries.ts";
import type { Limits } from "../core/limits.ts";
import type { Links } from "../core/links.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import type { Principal } from "../core/principal.ts";
import type { Studio } from "../core/studio.ts";
import type { Access } from "./access.ts";

/** What MCP is told of whoever asks, beside who they are. */
export interface McpCaller {
  /** Whether the kept key that they came by was not revoked: a session that it opened ends with it. */
  still?: () => Promise<boolean>;
  /** The answer to a message that they may not send. */
  refuse?: (message: unknown) => Response | undefined;
}

export interface AppParts {
  studio: Studio;
  agent: Agent;
  deliveries: Deliveries;
  metrics: Metrics & { text(): Promise<{ contentType: string; body: string }> };
  limits: Limits;
  log: Log;
  version: string;
  status(): Promise<StatusView>;
  /** Throws the Failure that keeps work from being accepted. */
  ready(): Promise<void>;
  access: Access;
  /** Kept access keys, for whoever may make and revoke them. */
  keys: AccessKeys;
  /** Short-lived links to single files. */
  links: Links;
  mcp?: { handle(request: Request, principal: Principal, caller?: McpCaller): Promise<Response> };
  /** Milliseconds for which an OpenAI-style request without a stream is held. Default: 9 minutes. */
  openaiHoldMs?: number;
  /** True: every request is the person's own, as on the socket. For use inside a process. */
  local?: boolean;
}
