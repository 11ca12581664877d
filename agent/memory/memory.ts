/** What a conversation made, per branch: read from the job rows, so that nothing is lost with a checkpoint. */
import type { TurnRequest } from "../../core/chat.ts";
import { isTerminal, type JobWithArtifacts, jobStates } from "../../core/job.ts";
import type { Studio } from "../../core/studio.ts";
import { type Known, knownOf } from "../training/known.ts";
import type { Brought } from "./brought.ts";

export interface Memory {
  /** Files of this turn: "this" and "that" before anything else. */
  attachments: readonly string[];
  /** Those of them that are no pictures. */
  others?: ReadonlySet<string>;
  /** Those that are archives of pictures. */
  archives?: ReadonlySet<string>;
  /** Photos that came with earlier messages of this branch, newest message first. */
  earlier?: readonly (readonly string[])[];
  /** Jobs of this branch, oldest first. */
  jobs: readonly JobWithArtifacts[];
  /** Open jobs of this person, wherever they were asked for, oldest first. */
  open?: readonly JobWithArtifacts[];
  /** The person's LoRAs and datasets, and those under way, newest first. */
  known?: readonly Known[];
}

/** How far back "that" can reach. */
const reach = 100;
/** Names that are known: who has more says `lora NAME`. */
const mostNames = 200;
/** Files of a message that a model is told of by name; a message may carry hundreds. */
export const namedFiles = 20;

const openStates = jobStates.filter((state) => !isTerminal(state));

/** A photo beside a recording is "this picture"; where nothing is a picture, the tool that needs one says so by name. */
export function attachedPictures({ attachments, others }: Memory): readonly string[] {
  const pictures = attachments.filter((id) => !others?.has(id));
  return pictures.length > 0 ? pictures : attachments;
}

/** One file is meant whatever it is, and an unknown one is refused where it is used. */
async function kindsOf(studio: Studio, { principal, attachments }: TurnRequest): Promise<Pick<Memory, "others" | "archives">> {
  const files = await Promise.all(attachments.map((id) => studio.artifact(principal, id).catch(() => undefined)));
  const of = (fits: (mediaType: string) => boolean) => new Set(files.flatMap((file) => (file && fits(file.mediaType) ? file.id : [])));
  return {
    others: attachments.length < 2 ? new Set() : of((type) => !type.startsWith("image/")),
    archives: of((type) => type === "application/zip"),
  };
}

/** @param brought what earlier messages of the thread brought, oldest first. */
export async function readMemory(studio: Studio, request: TurnRequest, brought: readonly Brought[]): Promise<Memory> {
  const { principal, conversation, branch, message, attachments } = request;
  const [jobs, kinds, open, assets] = await Promise.all([
    studio.list(principal, { conversation, limit: reach }),
    kindsOf(studio, request),
    studio.list(principal, { states: openStates, limit: reach }),
    studio.assets.list(principal, { limit: mostNames }),
  ]);
  const onBranch = branch ? new Set(branch) : undefined;
  const isPast = (other: string) => other !== message && (!onBranch || onBranch.has(other));
  const oldestFirst = open.toReversed();
  return {
    attachments,
    ...kinds,
    earlier: brought
      .filter((one) => isPast(one.message))
      .map(({ photos }) => photos)
      .reverse(),
    // what this very message made before a crash is no past of it
    jobs: jobs.filter(({ origin }) => origin && isPast(origin.message)).reverse(),
    open: oldestFirst,
    known: knownOf(assets, oldestFirst),
  };
}

/** The render at the root of a job: "same but at night" after an upscale means the picture, not the upscaling. */
export function lastRender(memory: Memory): JobWithArtifacts | undefined {
  return memory.jobs.findLast((job) => typeof job.input["prompt"] === "string" && job.state !== "canceled");
}

/** What a job's picture shows, in the words it was asked with; an upscale shows what its source shows. */
export function wordsOf(job: JobWithArtifacts, memory: Memory): string {
  const prompt = job.input["prompt"];
  if (typeof prompt === "string") return prompt;
  const source = job.input["image"];
  const from = memory.jobs.find((other) => other.artifacts.some((artifact) => artifact.id === source));
  return from && from !== job ? wordsOf(from, memory) : job.title;
}
