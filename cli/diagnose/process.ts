/** The process that should run here with these settings: a studio, or a worker, which serves none and is asked at the listener of its metrics. */
import { boundUrl } from "../../core/bound-url.ts";
import type { StatusRow } from "../../core/client.ts";
import { errorOf, isSilence, look } from "./look.ts";
import { down } from "./scopes.ts";
import { type Stack, startService } from "./stack.ts";

interface Process {
  roles: { http: boolean };
  /** Where it tells how it is; port 0 is nowhere that can be known. */
  metrics?: { host: string; port: number };
}

/** Undefined for a worker that nobody can ask. Called only where no studio answers. */
export async function processRow({ roles, metrics }: Process, stack?: Stack): Promise<StatusRow | undefined> {
  const absent = (part: string, service: string, command: string): StatusRow => ({
    ...{ part, state: "absent", what: "not running" },
    fix: stack ? startService(stack, service) : command,
  });
  if (roles.http) return absent("Studio", "server", "myspinbot start");
  if (!metrics?.port) return undefined;
  const answer = await look(boundUrl(metrics.host, metrics.port), "/readyz");
  if (isSilence(answer)) return absent("Worker", "worker", "myspinbot worker");
  if (answer.status === 200) return { part: "Worker", state: "ok", what: "runs, and takes work" };
  return down(
    "Worker",
    `runs, and takes no work: ${errorOf(answer).message || `/readyz answers ${answer.status}`}`,
    "The rows below say which part it waits for; else its log does",
  );
}
