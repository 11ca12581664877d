/** A whole chat turn: what the agent says, then what becomes of its jobs, as one stream of parts. */
import { madeBy, wordsOfAsset } from "./asset-words.ts";
import type { Agent, Part, TurnRequest } from "./chat.ts";
import { type FollowOptions, followJob } from "./follow.ts";
import { merge } from "./merge.ts";
import type { Principal } from "./principal.ts";
import type { Studio } from "./studio.ts";
import { type JobView, jobView } from "./view.ts";

/** What a job made that has a name, and how to use it. Nothing where that cannot be told: a chat must not end by it. */
async function* named(studio: Studio, principal: Principal, id: string): AsyncGenerator<Part> {
  const job = await studio.get(principal, id).catch(() => undefined);
  const asset = job && (await madeBy(studio, principal, job).catch(() => undefined));
  if (asset) yield { type: "text", text: `\n\n${wordsOfAsset(asset)}\n` };
}

/**
 * The agent's parts, then those of all jobs of the turn until every one is terminal, then `done` with their last state.
 * Ending the iteration, or the signal, ends no job; there is then no `done`. What the agent throws is thrown.
 */
export async function* converse(
  parts: { studio: Studio; agent: Agent },
  request: TurnRequest,
  signal: AbortSignal,
  options: FollowOptions = {},
): AsyncGenerator<Part> {
  let done: Extract<Part, { type: "done" }> | undefined;
  for await (const part of parts.agent.turn(request, signal)) {
    if (part.type === "done") done = part;
    else yield part;
  }
  if (!done || signal.aborted) return;

  const last = new Map<string, JobView>(done.jobs.map((job) => [job.id, job]));
  const told = new Set<string>();
  const following = new AbortController();
  const stop = () => following.abort();
  signal.addEventListener("abort", stop);
  try {
    const streams = [...last.keys()].map((id) => followJob(parts.studio, request.principal, id, following.signal, options));
    for await (const part of merge(streams)) {
      if (part.type === "job") last.set(part.job.id, part.job);
      yield part;
      if (part.type !== "job" || part.job.state !== "succeeded" || told.has(part.job.id)) continue;
      told.add(part.job.id);
      yield* named(parts.studio, request.principal, part.job.id);
    }
  } finally {
    stop();
    signal.removeEventListener("abort", stop);
  }
  if (signal.aborted) return;
  const jobs = await Promise.all(
    [...last].map(([id, known]) =>
      parts.studio.get(request.principal, id).then(
        (job) => jobView(job),
        () => known,
      ),
    ),
  );
  yield { ...done, jobs };
}
