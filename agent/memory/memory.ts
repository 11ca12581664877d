/** What a conversation made, per branch: read from the job rows, so that nothing is lost with a checkpoint. */
import type { TurnRequest } from "../../core/chat.ts";
import type { JobWithArtifacts } from "../../core/job.ts";
import type { Studio } from "../../core/studio.ts";

export interface Memory {
  /** Files of this turn: "this" and "that" before anything else. */
  attachments: readonly string[];
  /** Those of them that are no pictures. */
  others?: ReadonlySet<string>;
  /** Jobs of this branch, oldest first. */
  jobs: readonly JobWithArtifacts[];
}

/** How far back "that" can reach. */
const reach = 100;

/** A photo beside a recording is "this picture"; where nothing is a picture, the tool that needs one says so by name. */
export function attachedPictures({ attachments, others }: Memory): readonly string[] {
  const pictures = attachments.filter((id) => !others?.has(id));
  return pictures.length > 0 ? pictures : attachments;
}

/** One file is meant whatever it is, and an unknown one is refused where it is used. */
async function othersOf(studio: Studio, { principal, attachments }: TurnRequest): Promise<Set<string>> {
  if (attachments.length < 2) return new Set();
  const files = await Promise.all(attachments.map((id) => studio.artifact(principal, id).catch(() => undefined)));
  return new Set(files.flatMap((file) => (file && !file.mediaType.startsWith("image/") ? file.id : [])));
}

export async function readMemory(studio: Studio, request: TurnRequest): Promise<Memory> {
  const { principal, conversation, branch, message, attachments } = request;
  const [jobs, others] = await Promise.all([studio.list(principal, { conversation, limit: reach }), othersOf(studio, request)]);
  const onBranch = branch ? new Set(branch) : undefined;
  return {
    attachments,
    others,
    // what this very message made before a crash is no past of it
    jobs: jobs.filter(({ origin }) => origin && origin.message !== message && (!onBranch || onBranch.has(origin.message))).reverse(),
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
