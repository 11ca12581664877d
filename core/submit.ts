/** Accepting a job: check, decide, commit, then hint to the queue. */
import { Failure } from "./failure.ts";
import { requestDigest as digestOf, type GateParts, passJob } from "./gate.ts";
import { newId } from "./ids.ts";
import type { JobWithArtifacts } from "./job.ts";
import type { Log } from "./log.ts";
import { parseInput } from "./parse.ts";
import type { JobStore, NewJob } from "./ports/job-store.ts";
import type { Queue } from "./ports/queue.ts";
import type { Principal } from "./principal.ts";
import type { Call } from "./studio.ts";
import type { JobTool } from "./tool.ts";
import { unknownJob } from "./watch.ts";

export interface SubmitParts extends GateParts {
  jobs: JobStore;
  queue: Queue;
  log: Log;
  accepted(tool: string): void;
}

/** Failure `invalid_input` unless the key is 1 to 128 printable ASCII characters. */
function checkKey(key: string): void {
  if (!/^[\x20-\x7e]{1,128}$/.test(key))
    throw new Failure("invalid_input", "An idempotency key is 1 to 128 printable ASCII characters. Use a UUID, for example.");
}

/** What the message of a call is owed, for the commit that does what it asks for. */
export function owedBy({ origin, delivery }: Pick<Call, "origin" | "delivery">): NewJob["delivery"] {
  if (!origin || !delivery) return undefined;
  const { target, worker, leaseSeconds } = delivery;
  const place = { id: newId("dlv"), conversation: origin.conversation, message: origin.message, target, leaseMs: leaseSeconds * 1000 };
  return { ...place, ...(worker !== undefined ? { worker } : {}) };
}

export async function submit(
  parts: SubmitParts,
  principal: Principal,
  tool: JobTool,
  call: Call,
): Promise<{ job: JobWithArtifacts; created: boolean }> {
  const input = parseInput(tool, call.input);
  const requestDigest = digestOf(tool, input, call.parent);
  if (call.key !== undefined) {
    checkKey(call.key);
    const known = await parts.jobs.findByKey(principal.id, tool.name, call.key, requestDigest);
    if (known) return { job: (await parts.jobs.get(principal.id, known.id)) ?? { ...known, artifacts: [] }, created: false };
  }
  const passage = await passJob(parts, principal, tool, { ...call, input, request: requestDigest });
  if ("done" in passage) {
    const made = await parts.jobs.get(principal.id, passage.done);
    if (!made) throw unknownJob(passage.done);
    return { job: made, created: false };
  }
  const { approval } = passage;
  const { yes: _asked, ...prepared } = passage.prepared;
  const delivery = owedBy(call);
  const { job, created } = await parts.jobs.accept({
    id: newId("job"),
    principal: principal.id,
    tool: tool.name,
    requestDigest,
    ...prepared,
    ...(approval ? { approval } : {}),
    maxWaiting: parts.limits.maxWaiting,
    ...(call.key !== undefined ? { key: call.key } : {}),
    ...(call.parent ? { parent: call.parent } : {}),
    ...(call.origin ? { origin: call.origin } : {}),
    ...(delivery ? { delivery } : {}),
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
  job: { id: string; family: string; priority: number; blocked?: boolean },
): Promise<void> {
  // it is freed for the queue when what it needs is there
  if (job.blocked) return;
  try {
    await parts.queue.add({ id: job.id, family: job.family, priority: job.priority });
  } catch (error) {
    parts.log.warn({ job: job.id, err: error }, "the queue did not take the job; the reconciler will add it");
  }
}
