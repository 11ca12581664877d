/** Which sound, video or picture "that" is: what is attached first, else the newest of its kind that was made or brought here. */
import type { JobWithArtifacts } from "../../core/job.ts";
import { type FileKind, kindOf } from "./kinds.ts";
import type { Memory } from "./memory.ts";

/** Of a file of this message; undefined for an archive and what is unknown among several. */
function kindAttached(id: string, { sounds, videos, others, archives }: Memory): FileKind | undefined {
  if (sounds?.has(id)) return "sound";
  if (videos?.has(id)) return "video";
  return others?.has(id) || archives?.has(id) ? undefined : "picture";
}

/** Of this message, in their order. */
export function attachedOf(memory: Memory, kinds: readonly FileKind[]): string[] {
  return memory.attachments.filter((id) => kinds.includes(kindAttached(id, memory) as FileKind));
}

/** A job's files of these kinds. */
export function filesIn(job: JobWithArtifacts, kinds: readonly FileKind[]): string[] {
  return job.artifacts.filter(({ mediaType }) => kinds.includes(kindOf(mediaType) as FileKind)).map(({ id }) => id);
}

/** Undefined where there is none. */
export function newestFile(memory: Memory, kinds: readonly FileKind[]): string | undefined {
  const attached = attachedOf(memory, kinds).at(-1);
  if (attached !== undefined) return attached;
  // a video may be heard, too, but most that are made here are silent
  if (kinds[0] === "sound" && kinds.length > 1) return newestFile(memory, ["sound"]) ?? newestFile(memory, kinds.slice(1));
  const made = memory.jobs.findLast((job) => job.tree?.stage === undefined && filesIn(job, kinds).length > 0);
  const brought = memory.brought?.find(({ kind }) => kinds.includes(kind));
  if (!made || (brought && brought.at > made.createdAt.getTime())) return brought?.id;
  return filesIn(made, kinds)[0];
}

/** Whether what can be seen here was last a video: "bigger" means that one. */
export function newestIs(memory: Memory, kind: "picture" | "video"): boolean {
  const file = newestFile(memory, ["picture", "video"]);
  return file !== undefined && newestFile(memory, [kind]) === file;
}
