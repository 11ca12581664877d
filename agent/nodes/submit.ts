/** submit: each call of the stored plan, with the key of its place in it. */

import { type Failure, toFailure } from "../../core/failure.ts";
import type { JobWithArtifacts } from "../../core/job.ts";
import type { Call, Invoked } from "../../core/studio.ts";
import { jobView } from "../../core/view.ts";
import { submitKey } from "../key.ts";
import type { Plan, PlannedCall } from "../plan.ts";
import { acceptedWords, jobWords } from "../say/job-words.ts";
import { ownLoras } from "../say/own-loras.ts";
import { type NodeConfig, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";
import { needsOf } from "../training/needs.ts";
import type { Turn } from "../turn.ts";

/** What the turn's message is owed of a job: written with the job where this turn made it, else now. Undefined where that is not possible at this moment; a caller that hears no id announces it by itself. */
async function owed({ parts, request }: Turn, job: string): Promise<string | undefined> {
  const { principal, conversation, message, delivery } = request;
  if (!delivery) return undefined;
  try {
    return (await parts.deliveries?.create(principal, { conversation, message, job, ...delivery }))?.delivery.id;
  } catch (error) {
    parts.log.warn({ err: error, job, conversation, message }, "a delivery could not be made");
    return undefined;
  }
}

async function show(turn: Turn, job: JobWithArtifacts, follow: boolean): Promise<void> {
  const delivery = follow ? await owed(turn, job.id) : turn.request.delivery && null;
  const view = jobView(job, await turn.parts.studio.outlook(job));
  turn.emit({ type: "job", job: view, ...(delivery === undefined ? {} : { delivery }) });
  if (follow) turn.jobs.set(job.id, view);
}

function callOf(turn: Turn, call: PlannedCall, ordinal: number, approval: string | undefined): Call {
  const { conversation, message, traceparent, delivery } = turn.request;
  return {
    ...call,
    key: submitKey(conversation, message, ordinal),
    origin: { conversation, message, ordinal },
    face: "chat",
    ...(approval === undefined ? {} : { approval }),
    ...(traceparent ? { traceparent } : {}),
    ...(delivery ? { delivery } : {}),
  };
}

/** A retry that a first run of this message already made is met as a conflict: the job is under way, which is what was asked for. */
async function alreadyDone(turn: Turn, call: PlannedCall, failure: Failure): Promise<JobWithArtifacts | undefined> {
  const job = call.input["job_id"];
  if (!turn.replayed || failure.code !== "conflict" || typeof job !== "string") return undefined;
  return turn.parts.studio.get(turn.request.principal, job);
}

/** What is said of one job alone: the answers that only look at it, or start it again, say it in these words too. */
const aboutOneJob = new Set(["get_job", "wait_for_job", "retry_job"]);

/** What is said of a job that an answer is about; undefined where the answer says it itself. */
async function aboutJob(turn: Turn, tool: string, job: JobWithArtifacts): Promise<string | undefined> {
  if (aboutOneJob.has(tool)) return jobWords(turn, job);
  // a clip that is made again tells its steps, as a new one does
  return tool === "reroll_job" && job.tree ? acceptedWords(turn, job) : undefined;
}

/** @param calls the whole plan: a picture may be made with what an earlier call of it makes. */
async function settle(turn: Turn, call: PlannedCall, calls: readonly PlannedCall[], invoked: Invoked): Promise<void> {
  const { studio } = turn.parts;
  const { principal } = turn.request;
  if (invoked.kind === "job") {
    turn.say([await acceptedWords(turn, invoked.job), ...ownLoras(call, calls, (await turn.memory()).known)].join("\n"));
    return show(turn, invoked.job, true);
  }
  const job = invoked.job === undefined ? undefined : await studio.get(principal, invoked.job);
  turn.say((job && (await aboutJob(turn, call.tool, job))) ?? invoked.text);
  if (job) await show(turn, job, invoked.follow === true);
}

/** False where nothing was accepted. */
async function submitOne(turn: Turn, { calls, approval }: Plan, ordinal: number): Promise<boolean> {
  const { studio, log } = turn.parts;
  const call = calls[ordinal] as PlannedCall;
  try {
    await settle(
      turn,
      call,
      calls,
      await studio.invoke(turn.request.principal, callOf(turn, call, ordinal, approval), { signal: turn.signal }),
    );
    return true;
  } catch (error) {
    const failure = toFailure(error);
    const job = await alreadyDone(turn, call, failure).catch(() => undefined);
    if (job) {
      turn.say(await jobWords(turn, job));
      await show(turn, job, true);
      return true;
    }
    if (failure.code === "internal") log.error({ err: failure.cause, tool: call.tool }, "a call of a turn failed");
    turn.emit({ type: "error", error: failure.view() });
    turn.said.push(`${call.tool} failed: ${failure.message}`);
    return false;
  }
}

export async function submitNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  const plan = state.plan;
  if (!plan || plan.error) return {};
  const missing: PlannedCall[] = [];
  // one after the other: places in line follow the order of the words, and each finds what those before it will make
  for (const [ordinal, call] of plan.calls.entries()) {
    const need = needsOf(call, missing);
    if (need) turn.say(`${call.tool} was left out: it needs what ${need.tool} would have made.`);
    if (need || !(await submitOne(turn, plan, ordinal))) missing.push(call);
  }
  return {};
}
