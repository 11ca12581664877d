/** "Its voice", "the picture of the clip": what a clip was made of, by the jobs of its stages. */
import type { JobWithArtifacts } from "../../core/job.ts";
import { type FileKind, kindNames } from "./kinds.ts";
import type { Memory } from "./memory.ts";
import { filesIn } from "./newest.ts";
import type { Found, Reference } from "./refer.ts";

export type StageName = "voice" | "picture" | "motion" | "lips";
type StageReference = Extract<Reference, { kind: "stage" }>;

const its = "(?:(?:the|its|that|this|der|die|das|seine?|ihre?|el|la|su) )?";
const ofClip =
  "(?<of> (?:of|in|from|for) (?:it|that|this|(?:the|that|this) (?:clip|video))| (?:von|aus|in) (?:dem|diesem) (?:clip|video)| des clips| (?:del|de ese|de este) (?:clip|v[ií]deo))?";
const called: Record<StageName, string> = {
  voice: "voice|speech|stimme|sprache|voz",
  picture: "picture|image|photo|bild|foto|imagen",
  motion: "motion|movement|animation|bewegung|movimiento|animación",
  lips: "lips|mouth|lip[- ]?sync|lippen|mund|labios|boca",
};
const patterns = Object.entries(called).map(
  ([name, words]) => [name as StageName, new RegExp(`^${its}(?:${words})${ofClip}$`, "iu")] as const,
);

/** Undefined where the words name no stage. */
export function readStage(text: string): StageReference | undefined {
  for (const [stage, pattern] of patterns) {
    const found = pattern.exec(text);
    if (found)
      return { kind: "stage", stage, ...(found.groups?.["of"] || /^(?:its|seine?|ihre?|su) /iu.test(text) ? { ofClip: true } : {}) };
  }
  return undefined;
}

/** The clip that is meant: the newest, and without its name only while nothing was made since. */
function clipOf({ ofClip }: StageReference, { jobs }: Memory): JobWithArtifacts | undefined {
  if (ofClip) return jobs.findLast(({ tree }) => tree !== undefined);
  const newest = jobs.findLast(({ state }) => state !== "canceled");
  return newest?.tree ? newest : undefined;
}

/** Undefined where there is no such clip or stage. */
export function stageJob(reference: StageReference, memory: Memory): JobWithArtifacts | undefined {
  const id = clipOf(reference, memory)?.tree?.stages[reference.stage];
  return id === undefined ? undefined : [...(memory.stages ?? []), ...memory.jobs].find((job) => job.id === id);
}

/** Undefined where no clip is meant: the words then mean what they mean without one. */
export function stageFile(reference: StageReference, memory: Memory, kinds: readonly FileKind[]): Found<string[]> | undefined {
  const job = stageJob(reference, memory);
  if (!job) return undefined;
  const [file] = filesIn(job, kinds);
  if (file !== undefined) return { found: [file] };
  if (job.state !== "succeeded")
    return { problem: `The ${reference.stage} is not finished yet (${job.id} is ${job.state}). Ask again when it is there.` };
  return {
    problem: `The ${reference.stage} of that clip is no ${kinds.map((kind) => kindNames[kind]).join(" or ")}. Say which file is meant.`,
  };
}
