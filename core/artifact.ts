/** A file that a job published, or that a person uploaded. */
import { Failure } from "./failure.ts";
import type { JsonObject } from "./json.ts";

/** How a file came to be; stored with the row and inside the file, strippable on download. */
export interface Recipe {
  tool: string;
  /** Resolved input: the same tool with this input makes the same thing again. */
  input: JsonObject;
  engine: { id: string; version: string };
  /** True for a picture that only stands in for a real one. */
  preview: boolean;
  /** True where a trained model generated the content (`trainedAlgorithmicMedia`). */
  generated: boolean;
  /** A piece of something that another file of the job shows as a whole, as the contact sheet of a dataset does: in no answer and no list, opened by its id. */
  part?: boolean;
  /** Anything else worth knowing: sampler, cfg, model hash, trigger words used. */
  details?: JsonObject;
}

export interface Artifact {
  id: string;
  principal: string;
  /** Absent for an upload. */
  job?: string;
  /** Attempt that published it; 0 for an upload. */
  attempt: number;
  /** Place among the job's artifacts, from 0. */
  ordinal: number;
  /** File name for people, such as `a-red-fox-42.png`; unique within a job. */
  name: string;
  mediaType: string;
  bytes: number;
  /** Hex SHA-256 of the stored bytes. */
  sha256: string;
  /** Key in the file store; never shown to a person. */
  storageKey: string;
  /** Pixels, for pictures. */
  width?: number;
  height?: number;
  /** Length, for sound and video. */
  seconds?: number;
  /** Whether a video has sound. */
  sound?: boolean;
  /** Artifact of the picture that stands for a video. */
  poster?: string;
  recipe?: Recipe;
  createdAt: Date;
}

/** What a worker hands over for publishing: everything that the database does not give out itself. */
export type ArtifactDraft = Omit<Artifact, "principal" | "job" | "attempt" | "createdAt">;

/** Name of a video's poster. */
export function posterName(video: string): string {
  return `${video.replace(/\.[^.]*$/, "")}-poster.jpg`;
}

/** Where a file lies on the server. */
export function filePath({ id, name }: Pick<Artifact, "id" | "name">): string {
  return `/v1/files/${id}/${encodeURIComponent(name)}`;
}

/** The same words for a file that never was, that is another's, and that a link no longer opens. */
export function unknownArtifact(id: string): Failure {
  return new Failure("unknown_artifact", `There is no file ${id.slice(0, 60)} of yours. list_jobs shows what was made.`);
}
