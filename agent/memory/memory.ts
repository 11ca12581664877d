/** What a conversation made, per branch: read from the job rows, so that nothing is lost with a checkpoint. */
import type { TurnRequest } from "../../core/chat.ts";
import { isTerminal, type JobWithArtifacts, jobStates } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Studio } from "../../core/studio.ts";
import { type Known, knownOf } from "../training/known.ts";
import type { Brought } from "./brought.ts";
import type { FileKind } from "./kinds.ts";

export interface Memory {
  /** Files of this turn: "this" and "that" before anything else. */
  attachments: readonly string[];
  /** Those of them that are no pictures. */
  others?: ReadonlySet<string>;
  /** Those that are archives of pictures. */
  archives?: ReadonlySet<string>;
  /** Those that can be heard, and those that move. */
  sounds?: ReadonlySet<string>;
  videos?: ReadonlySet<string>;
  /** Photos that came with earlier messages of this branch, newest message first. */
  earlier?: readonly (readonly string[])[];
  /** Recordings and videos that came with them, newest first. `at` in milliseconds since 1970. */
  brought?: readonly { id: string; kind: FileKind; at: number }[];
  /** Jobs of this branch, oldest first, without the stages of clips. */
  jobs: readonly JobWithArtifacts[];
  /** The stages of its clips, oldest first: what they made is a piece of what the clip shows. */
  stages?: readonly JobWithArtifacts[];
  /** Open jobs of this person, wherever they were asked for, oldest first. */
  open?: readonly JobWithArtifacts[];
  /** The person's LoRAs and datasets, and those under way, newest first. */
  known?: readonly Known[];
}

/** How far back "that" can reach; a clip counts with its stages. */
const reach = 200;
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
async function kindsOf(
  studio: Studio,
  { principal, attachments }: TurnRequest,
): Promise<Pick<Memory, "others" | "archives" | "sounds" | "videos">> {
  const files = await Promise.all(attachments.map((id) => studio.artifact(principal, id).catch(() => undefined)));
  const of = (fits: (mediaType: string) => boolean) => new Set(files.flatMap((file) => (file && fits(file.mediaType) ? file.id : [])));
  return {
    others: attachments.length < 2 ? new Set() : of((type) => !type.startsWith("image/")),
    archives: of((type) => type === "application/zip"),
    sounds: of((type) => type.startsWith("audio/")),
    videos: of((type) => type.startsWith("video/")),
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
  // what this very message made before a crash is no past of it
  const past = jobs.filter(({ origin }) => origin && isPast(origin.message)).reverse();
  const earlier = brought.filter((one) => isPast(one.message)).reverse();
  return {
    attachments,
    ...kinds,
    earlier: earlier.map(({ photos }) => photos).filter((photos) => photos.length > 0),
    brought: earlier.flatMap(({ media = [], at = 0 }) => media.map((file) => ({ ...file, at })).reverse()),
    jobs: past.filter((job) => !isStage(job)),
    stages: past.filter(isStage),
    open: oldestFirst.filter((job) => !isStage(job)),
    known: knownOf(assets, oldestFirst),
  };
}

const isStage = ({ tree }: JobWithArtifacts): boolean => tree?.stage !== undefined;

/** What was drawn with: of a clip the input of its picture, where it has one. */
export function drawnWith({ input }: Pick<JobWithArtifacts, "input">): JsonObject {
  const stages = input["stages"] as Record<string, { input?: JsonObject }> | undefined;
  return input["prompt"] ? input : (stages?.["picture"]?.input ?? input);
}

function promptOf(job: JobWithArtifacts): string | undefined {
  const { prompt } = drawnWith(job);
  return typeof prompt === "string" && prompt !== "" ? prompt : undefined;
}

/** The render at the root of a job: "same but at night" after an upscale means the picture, not the upscaling. */
export function lastRender(memory: Memory): JobWithArtifacts | undefined {
  return memory.jobs.findLast((job) => promptOf(job) !== undefined && job.state !== "canceled");
}

/** Fields that name what a job worked with. */
const sources = ["image", "video", "face", "picture"];

/** What a job's file shows, in the words it was asked with; an upscale shows what its source shows, a clip also what is said in it. */
export function wordsOf(job: JobWithArtifacts, memory: Memory): string {
  const { script, text } = job.input;
  const said = typeof script === "string" ? script : typeof text === "string" ? text : undefined;
  const source = sources.map((field) => job.input[field]).find((id) => typeof id === "string");
  const from = memory.jobs.find((other) => other.artifacts.some((artifact) => artifact.id === source));
  const shown = promptOf(job) ?? (from && from !== job ? wordsOf(from, memory) : undefined);
  if (said !== undefined) return shown === undefined ? `"${said}"` : `${shown}, saying "${said}"`;
  return shown ?? job.title;
}
