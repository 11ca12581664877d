/** What a clip is made of, laid into its folder and looked at. */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import sharp from "sharp";
import type { Artifact } from "../../../core/artifact.ts";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { ClipRequest } from "../../../core/ports/video.ts";
import { type Probed, probe } from "../../ffmpeg/index.ts";
import { notAPicture } from "../source-picture.ts";
import { clipSize } from "./size.ts";

export interface Shown {
  artifact: Artifact;
  kind: "picture" | "video";
  /** In the folder. */
  file: string;
  width: number;
  height: number;
  fps: number;
  /** Of a video. */
  seconds?: number;
  ownSound: boolean;
}

export interface Spoken {
  artifact: Artifact;
  file: string;
  seconds: number;
}

/** Frames a second of a still picture, and the most of a video. */
const rates = { still: 25, most: 60 };

async function lay(run: Run, ref: string, folder: string, file: string): Promise<Artifact> {
  const { artifact, body } = await run.open(ref);
  await pipeline(body, createWriteStream(join(folder, file)), { signal: run.signal }).catch((error: unknown) => {
    run.signal.throwIfAborted();
    throw error;
  });
  return artifact;
}

/** The words of a broken file name it: a clip has several. */
async function look(artifact: Artifact, path: string): Promise<Probed> {
  return probe(path).catch((error: unknown) => {
    if (error instanceof Failure) throw new Failure(error.code, `${artifact.name}: ${error.message}`, { cause: error });
    throw error;
  });
}

async function still(artifact: Artifact, folder: string): Promise<Shown> {
  const picture = sharp(join(folder, "shown")).autoOrient().toColourspace("srgb").flatten({ background: "black" });
  const unreadable = (error: unknown): never => {
    throw notAPicture(artifact.name, error);
  };
  const { autoOrient: found } = await sharp(join(folder, "shown")).metadata().catch(unreadable);
  const size = clipSize(found.width, found.height, "picture");
  await picture.resize(size.width, size.height, { fit: "fill" }).removeAlpha().png().toFile(join(folder, "shown.png")).catch(unreadable);
  return { artifact, kind: "picture", file: "shown.png", ...size, fps: rates.still, ownSound: false };
}

async function moving(artifact: Artifact, folder: string): Promise<Shown> {
  const { video, audio, seconds } = await look(artifact, join(folder, "shown"));
  if (!video)
    throw new Failure("unsupported_media", `${artifact.name} has no picture in it. Give a video or a picture, and the sound as sound.`);
  const size = clipSize(video.width, video.height, "video");
  const fps = video.fps > 0 ? Math.min(rates.most, video.fps) : rates.still;
  return { artifact, kind: "video", file: "shown", ...size, fps, seconds, ownSound: audio !== undefined };
}

export async function layShown({ picture }: ClipRequest, run: Run, folder: string): Promise<Shown> {
  const artifact = await lay(run, picture, folder, "shown");
  return artifact.mediaType.startsWith("video/") ? moving(artifact, folder) : still(artifact, folder);
}

/** Undefined where none was asked for. Failure `unsupported_media` where it has no sound. */
export async function laySpoken({ sound }: ClipRequest, run: Run, folder: string): Promise<Spoken | undefined> {
  if (sound === undefined) return undefined;
  const artifact = await lay(run, sound, folder, "spoken");
  const { audio, seconds } = await look(artifact, join(folder, "spoken"));
  if (!audio) throw new Failure("unsupported_media", `${artifact.name} has no sound in it. Give a recording, or leave the sound out.`);
  return { artifact, file: "spoken", seconds };
}
