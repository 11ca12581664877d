/** Accepting a job: check, decide, commit, then hint to the queue. */

import type { Approval } from "./approval.ts";
import { consentOf } from "./consent-record.ts";
import { Failure } from "./failure.ts";
import { requestDigest as digestOf, type GateParts, type PreparedTree, passJob } from "./gate.ts";
import { newId } from "./ids.ts";
import type { JobWithArtifacts } from "./job.ts";
import { digest } from "./json.ts";
import type { Log } from "./log.ts";
import { parseInput } from "./parse.ts";
import type { JobStore, NewJob } from "./ports/job-store.ts";
import type { Queue } from "./ports/queue.ts";
import { noTracing, type Tracing, within } from "./ports/tracing.ts";
import type { Principal } from "./principal.ts";
import type { Call } from "./studio.ts";
import type { JobTool, Prepared } from "./tool.ts";
import { jobAttributes } from "./trace-job.ts";
import { assetOf, earlierStages, membersOf } from "./tree.ts";
import { unknownJob } from "./watch.ts";

export interface SubmitParts extends GateParts {
  jobs: JobStore;
  queue: Queue;
  log: Log;
  /** Absent where no traces are made. */
  tracing?: Tracing;
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

type Submitted = { job: JobWithArtifacts; created: boolean };

/** What comes of the job, in whichever process, hangs below the span of this: the row keeps it. */
export function submit(parts: SubmitParts, principal: Principal, tool: JobTool, call: Call): Promise<Submitted> {
  const attributes = { "myspinbot.tool": tool.name, "myspinbot.face": call.face ?? "api" };
  return within(parts.tracing ?? noTracing, "submit", { parent: call.traceparent, attributes }, async (span) => {
    const submitted = await accept(parts, principal, tool, span.traceparent ? { ...call, traceparent: span.traceparent } : call);
    span.set({ ...jobAttributes(submitted.job), "myspinbot.created": submitted.created });
    return submitted;
  });
}

async function accept(parts: SubmitParts, principal: Principal, tool: JobTool, call: Call): Promise<Submitted> {
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
  const { approval, granted } = passage;
  const delivery = owedBy(call);
  const tree = await treeOf(parts, principal, passage.prepared, call.parent);
  const { head, stages } = rowsOf(tree, {
    tool: tool.name,
    prepared: passage.prepared,
    requestDigest,
    granted,
    call,
    principal: principal.id,
  });
  const { job, created } = await parts.jobs.accept({
    ...head,
    ...(stages.length > 0 ? { stages } : {}),
    ...(approval ? { approval } : {}),
    maxWaiting: parts.limits.maxWaiting,
    ...(call.key !== undefined ? { key: call.key } : {}),
    ...(call.parent ? { parent: call.parent } : {}),
    ...(delivery ? { delivery } : {}),
  });
  if (created) {
    for (const one of [...stages, job]) {
      parts.accepted(one.tool);
      parts.log.info({ job: one.id, tool: one.tool, family: one.family, traceparent: call.traceparent }, "job accepted");
    }
    // as they were written: what a stage needs may be there already
    for (const { id } of stages) {
      const stage = await parts.jobs.get(principal.id, id).catch(() => undefined);
      if (stage?.state === "queued") await hint(parts, stage);
    }
  }
  await hint(parts, job);
  return { job: { ...job, artifacts: [] }, created };
}

interface Accepting {
  principal: string;
  tool: string;
  prepared: PreparedTree;
  requestDigest: string;
  granted: Approval | undefined;
  call: Pick<Call, "origin" | "traceparent">;
}

/** Members with their ids; those of the parent's tree that are still good stay. */
async function treeOf({ jobs }: SubmitParts, principal: Principal, prepared: PreparedTree, parent: string | undefined) {
  if (prepared.stages.length === 0) return undefined;
  return membersOf(prepared.stages, await earlierStages(jobs, principal.id, parent));
}

function rowsOf(tree: Awaited<ReturnType<typeof treeOf>>, accepting: Accepting): { head: NewJob; stages: NewJob[] } {
  const { principal, tool, prepared, requestDigest, granted, call } = accepting;
  const id = newId("job");
  const row = (given: Prepared): Omit<NewJob, "id" | "tool" | "requestDigest"> => {
    const { yes: _asked, consent: wish, makes: promised, ...rest } = given;
    const consent = wish && consentOf(wish, granted);
    const makes = assetOf(promised);
    return {
      ...{ principal, ...rest, ...(consent ? { consent } : {}), ...(makes ? { makes } : {}) },
      ...(call.origin ? { origin: call.origin } : {}),
      ...(call.traceparent ? { traceparent: call.traceparent } : {}),
    };
  };
  const { stages: _stages, ...own } = prepared;
  const head = { id, tool, requestDigest, ...row(own) };
  if (!tree) return { head, stages: [] };
  const stages = tree.fresh.map((member) => ({
    ...row({ ...member.prepared, ...(member.needs.length > 0 ? { needs: member.needs } : {}) }),
    ...{ id: member.id, tool: member.tool, requestDigest: digest({ tool: member.tool, input: member.prepared.input, parent: null }) },
    tree: { head: id, stage: member.name, stages: tree.stages },
  }));
  const needs = [...new Set([...(own.needs ?? []), ...Object.values(tree.stages)])];
  return { head: { ...head, needs, tree: { head: id, stages: tree.stages } }, stages };
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
