/** Makes a video of a talking face a result: looked into, with a picture that stands for it. */
import { createReadStream } from "node:fs";
import type { Recipe } from "../../core/artifact.ts";
import { Failure } from "../../core/failure.ts";
import type { Run } from "../../core/ports/engine.ts";
import { type Ffmpeg, posterOf, probe } from "../ffmpeg/index.ts";

/** Seconds by which it may differ from its sound. */
const tolerance = 0.5;

/** Failure `engine_failed` for a file that is no such video. @param sound whether it must have some. */
export async function checkTalking(path: string, seconds: number, sound: boolean, maker: string): Promise<void> {
  const found = await probe(path).catch((cause: unknown) => {
    throw new Failure("engine_failed", `${maker} gave a file that is no whole video. Look at its log, then retry the job.`, { cause });
  });
  const lacks = !found.video ? "picture" : sound && !found.audio ? "sound" : undefined;
  if (lacks) throw new Failure("engine_failed", `${maker} gave a video without ${lacks}. Look at its log, then retry the job.`);
  if (Math.abs(found.seconds - seconds) > tolerance)
    throw new Failure(
      "engine_failed",
      `${maker} gave a video of ${found.seconds.toFixed(1)} seconds for a sound of ${seconds.toFixed(1)}. Look at its log, then retry the job.`,
    );
}

export async function publishTalking(
  { ffmpeg, run, maker }: { ffmpeg: Ffmpeg; run: Run; maker: string },
  { path, name, seconds, recipe }: { path: string; name: string; seconds: number; recipe: Recipe },
): Promise<void> {
  await checkTalking(path, seconds, true, maker);
  const poster = await posterOf(ffmpeg, path, run.signal);
  run.progress({ stage: "storing", fraction: 0.97 });
  await run.save({ name, mediaType: "video/mp4", body: createReadStream(path), recipe, poster });
}
