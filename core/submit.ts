/** Accepting a job: check, decide, commit, then hint to the queue. */
import type { Artifact } from "./artifact.ts";
import { Failure } from "./failure.ts";
import { newId } from "./ids.ts";
import type { JobWithArtifacts } from "./job.ts";
import { digest } from "./json.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { parseInput } from "./parse.ts";
import type { Engines } from "./ports/engine.ts";
import type { JobStore } from "./ports/job-store.ts";
import type { Queue } from "./ports/queue.ts";
import type { Principal } from "./principal.ts";
import type { Call } from "./studio.ts";
import type { JobTool, PrepareContext } from "./tool.ts";

export interface SubmitParts {
  jobs: JobStore;
  queue: Queue;
  engines: Engines;
  limits: Limits;
  log: Log;
  accepted(tool: string): void;
  artifact(principal: Principal, id: string): Promise<Artifact>;
}

/** Failure `invalid_input` unless the key is 1 to 128 printable ASCII characters. */
function checkKey(key: string): void {
  if (!/^[\x20-\x7e]{1,128}$/.test(key))
    throw new Failure("invalid_input", "An idempotency key is 1 to 128 printable ASCII characters. Use a UUID, for example.");
}

export function prepareContext(parts: SubmitParts, principal: Principal): PrepareContext {
  return { principal, engines: parts.engines, limits: parts.limits, artifact: (id) => parts.artifact(principal, id) };
}

export async function submit(
  parts: SubmitParts,
  principal: Principal,
  tool: JobTool,
  call: Call,
): Promise<{ job: JobWithArtifacts; created: boolean }> {
  const input = parseInput(tool, call.input);
  // The digest is of what was asked, not of what was decided: a retried request without a seed is still the same request.
  const requestDigest = digest({ tool: tool.name, input, parent: call.parent ?? null });
  if (call.key !== undefined) {
    checkKey(call.key);
    const known = await parts.jobs.findByKey(principal.id, tool.name, call.key, requestDigest);
    if (known) return { job: (await parts.jobs.get(principal.id, known.id)) ?? { ...known, artifacts: [] }, created: false };
  }
  const prepared = await tool.prepare(input as never, prepareContext(parts, principal));
  parseInput(tool, prepared.input);
  const { job, created } = await parts.jobs.accept({
    id: newId("job"),
    principal: principal.id,
    tool: tool.name,
    requestDigest,
    ...prepared,
    maxWaiting: parts.limits.maxWaiting,
    ...(call.key !== undefined ? { key: call.key } : {}),
    ...(call.parent ? { parent: call.parent } : {}),
    ...(call.origin ? { origin: call.origin } : {}),
    ...(call.traceparent ? { traceparent: call.traceparent } : {}),
  });
  if (created) {
    parts.accepted(tool.name);
    parts.log.info({ job: job.id, tool: tool.name, family: job.family, traceparent: call.traceparent }, "job accepted");
  }
  await hint(parts, job);
  return { job: { ...job, artifacts: [] }, created };
}

/** The row is committed, so the job is safe whatever the queue says: a queue that is down learns of it from the reconciler. */
export async function hint(
  parts: Pick<SubmitParts, "queue" | "log">,
  job: { id: string; family: string; priority: number },
): Promise<void> {
  try {
    await parts.queue.add({ id: job.id, family: job.family, priority: job.priority });
  } catch (error) {
    parts.log.warn({ job: job.id, err: error }, "the queue did not take the job; the reconciler will add it");
  }
}
