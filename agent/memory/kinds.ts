/** Pictures, sounds and videos: which of them a file is, which a job makes, and which a field of a tool takes. */
import type { Job } from "../../core/job.ts";

export type FileKind = "picture" | "sound" | "video";

/** As they are called to a person. */
export const kindNames: Record<FileKind, string> = { picture: "picture", sound: "recording", video: "video" };

/** Undefined for a file that is none of them, such as an archive or a LoRA's weights. */
export function kindOf(mediaType: string): FileKind | undefined {
  if (mediaType.startsWith("image/")) return "picture";
  if (mediaType.startsWith("audio/")) return "sound";
  return mediaType.startsWith("video/") ? "video" : undefined;
}

const made: Record<string, FileKind> = {
  ...{ speak: "sound", clone_voice: "sound" },
  ...{ render_video: "video", upscale_video: "video", lip_sync: "video", make_clip: "video" },
};

/** What comes of a job, known before it is there. */
export function kindMade({ tool }: Pick<Job, "tool">): FileKind {
  return made[tool] ?? "picture";
}

const pictures: readonly FileKind[] = ["picture"];
const taken: Record<string, readonly FileKind[]> = {
  video: ["video"],
  // a video has sound, too
  audio: ["sound", "video"],
  face: ["picture", "video"],
  picture: ["picture", "video"],
};

/** What a field that takes a file can do something with. */
export function kindsTaken(field: string): readonly FileKind[] {
  return taken[field] ?? pictures;
}
