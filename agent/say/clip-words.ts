/** What a clip, or a video that is drawn first, is made in: its stages in order, in plain words, and how far they are. */
import { describeJob } from "../../core/describe.ts";
import { isTerminal, type JobWithArtifacts } from "../../core/job.ts";
import type { Turn } from "../turn.ts";

const names: Record<string, string> = {
  voice: "the voice",
  picture: "the picture",
  motion: "its motion",
  lips: "the lips",
  upscale: "more pixels",
};

interface Stage {
  words: string;
  /** Undefined where it is gone. */
  job: JobWithArtifacts | undefined;
}

async function stagesOf(turn: Turn, { tree }: JobWithArtifacts): Promise<Stage[]> {
  return Promise.all(
    Object.entries(tree?.stages ?? {}).map(async ([name, id]) => ({
      words: names[name] ?? name.replaceAll("_", " "),
      job: await turn.parts.studio.get(turn.request.principal, id).catch(() => undefined),
    })),
  );
}

const listed = (words: readonly string[]): string =>
  words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : (words[0] ?? "");

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** How it ends. */
function last({ tool, input }: JobWithArtifacts): string {
  if (tool !== "make_clip") return "the video";
  return input["captions"] === false ? "all of it joined" : "all of it joined, with captions";
}

const isHead = ({ tree }: JobWithArtifacts): boolean => tree !== undefined && tree.stage === undefined;

/** Lines about its stages when it was accepted; undefined for a job without any. The same whenever they are said again. */
export async function stepWords(turn: Turn, job: JobWithArtifacts): Promise<string[] | undefined> {
  if (!isHead(job)) return undefined;
  const stages = await stagesOf(turn, job);
  // a stage that was made for an earlier clip belongs to that one
  const kept = stages.filter((stage) => stage.job && stage.job.tree?.head !== job.id);
  const fresh = stages.filter((stage) => !kept.includes(stage));
  const steps = [...fresh.map(({ words }) => words), last(job)];
  const stays =
    kept.length > 0 ? [`${capital(listed(kept.map(({ words }) => words)))} ${kept.length === 1 ? "stays" : "stay"} as before.`] : [];
  return [`Step by step: ${steps.slice(0, -1).join(", ")}${steps.length > 1 ? ", then " : ""}${steps.at(-1)}.`, ...stays];
}

const notesOf = async (stages: readonly Stage[], job: JobWithArtifacts): Promise<string[]> => [
  ...new Set([...stages.flatMap((stage) => stage.job?.notes ?? []), ...(job.notes ?? [])]),
];

/** How far it is; undefined for a job without stages, and for one whose own work has begun. */
export async function stageStates(turn: Turn, job: JobWithArtifacts): Promise<string | undefined> {
  if (!isHead(job) || isTerminal(job.state) || !job.blocked) return undefined;
  const stages = await stagesOf(turn, job);
  const of = (fits: (stage: JobWithArtifacts) => boolean) =>
    stages.filter((stage) => stage.job && fits(stage.job)).map(({ words }) => words);
  const done = of(({ state }) => state === "succeeded");
  const running = stages.flatMap(({ words, job: stage }) => {
    if (stage?.state !== "running") return [];
    return [stage.progress ? `${words} (${Math.round(stage.progress.fraction * 100)} %)` : words];
  });
  const open = of(({ state }) => state === "queued");
  const facts = [
    ...(done.length > 0 ? [`Done: ${listed(done)}.`] : []),
    ...(running.length > 0 ? [`Now: ${listed(running)}.`] : []),
    `Then: ${[...open, last(job)].join(", ")}.`,
  ];
  return [`Job ${job.id} (${job.title}) is under way. ${facts.join(" ")}`, ...(await notesOf(stages, job))].join("\n");
}

/** Why a clip failed is said by the stage that did; undefined where none failed. */
export async function failedStage(turn: Turn, job: JobWithArtifacts): Promise<string | undefined> {
  if (!isHead(job) || job.state !== "failed") return undefined;
  const failed = (await stagesOf(turn, job)).find((stage) => stage.job?.state === "failed");
  if (!failed?.job) return undefined;
  return `${describeJob(job)}\nIt was stopped by ${failed.words}: ${failed.job.error?.message ?? "no cause was recorded."}`;
}
