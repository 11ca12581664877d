/** Picture or video, mouth, words and sound become one MP4. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { Run } from "../../../core/ports/engine.ts";
import type { LipsRequest } from "../../../core/ports/video.ts";
import { chooseFace, NoFace } from "../../faces/choose.ts";
import { fitted, fittedSize, graphVideoArgs, soundArgs } from "../../faces/encode.ts";
import type { FaceFinder } from "../../faces/finder.ts";
import { lookAtVideo } from "../../faces/look.ts";
import { type Ffmpeg, probe } from "../../ffmpeg/index.ts";
import type { Pcm } from "../../sound/index.ts";
import { notAPicture } from "../source-picture.ts";
import { labelPng, mouthPng, mouths, script } from "./lips-mouth.ts";
import { facePlace, noFacePlace, type Place } from "./lips-place.ts";

const fps = 25;
/** Pixels of the longest side: a preview is quick. */
export const side = 960;

export interface Film {
  ffmpeg: Ffmpeg;
  finder: FaceFinder;
  /** Has the face as `face` and the sound as `sound`. */
  folder: string;
  request: LipsRequest;
  /** File name of the face, for the words. */
  name: string;
  run: Run;
}

interface Base {
  input: string[];
  /** Makes frames of it. */
  filter: string;
  width: number;
  height: number;
  place: Place;
}

const orNone = <T>(look: Promise<T>): Promise<T | undefined> =>
  look.catch((error: unknown) => {
    if (error instanceof NoFace) return undefined;
    throw error;
  });

async function pictureBase({ finder, folder, request, name, run }: Film): Promise<Base> {
  const bytes = await readFile(join(folder, "face"));
  try {
    const size = fittedSize((await sharp(bytes).metadata()).autoOrient, side);
    const upright = sharp(bytes).autoOrient().flatten({ background: "white" }).toColourspace("srgb");
    await upright
      .resize({ ...size, fit: "fill" })
      .png({ compressionLevel: 1 })
      .toFile(join(folder, "base.png"));
  } catch (error) {
    throw notAPicture(name, error);
  }
  const base = await readFile(join(folder, "base.png"));
  const { width, height } = await sharp(base).metadata();
  const faces = await finder.findFaces(base, run.signal);
  const face = await orNone((async () => chooseFace(faces, { name, who: request.who, least: 0 }))());
  const place = face ? facePlace({ places: [face], step: 1 }) : noFacePlace({ width, height });
  return { input: ["-i", "base.png"], filter: `loop=loop=-1:size=1:start=0,setpts=N/${fps}/TB`, width, height, place };
}

async function videoBase(film: Film, seconds: number): Promise<Base> {
  const { ffmpeg, folder, request, name, run } = film;
  const { signal } = run;
  const filter = `${fitted(side)},fps=${fps}`;
  const args = ["-stream_loop", "-1", "-i", "face", "-t", seconds.toFixed(3), "-an", ...graphVideoArgs(), "-vf", filter];
  await ffmpeg.run([...args, "-preset", "ultrafast", "base.mp4"], { cwd: folder, signal });
  const path = join(folder, "base.mp4");
  const { width = side, height = side } = (await probe(path)).video ?? {};
  // a mouth that is half a second behind a moving face is good enough for a preview of two minutes
  const step = Math.max(0.4, seconds / 60);
  const onFrame = (done: number, steps: number) => run.progress({ stage: "checking", fraction: 0.05 + (0.2 * done) / steps });
  const look = { step, until: seconds, width, signal, onFrame };
  const track = await orNone(lookAtVideo(film, path, { name, who: request.who, least: 0 }, look));
  const place = track ? facePlace(track) : noFacePlace({ width, height });
  return { input: ["-i", "base.mp4"], filter: "null", width, height, place };
}

/** Writes `result.mp4`, as long as the sound. */
export async function film(parts: Film, kind: "picture" | "video", pcm: Pcm): Promise<void> {
  const { ffmpeg, folder, run } = parts;
  const seconds = pcm.samples.length / pcm.sampleRate;
  const base = await (kind === "picture" ? pictureBase(parts) : videoBase(parts, seconds));
  const { width, height, place } = base;
  run.progress({ stage: "lip_sync", fraction: 0.3 });
  for (let open = 0; open < mouths; open++) await writeFile(join(folder, `mouth-${open}.png`), await mouthPng(open, place.width));
  await writeFile(join(folder, "label.png"), await labelPng({ width, height }, place.eyes));
  const frames = script(pcm, fps).map((open) => `file mouth-${open}.png\nduration ${1 / fps}\n`);
  await writeFile(join(folder, "mouths"), `ffconcat version 1.0\n${frames.join("")}file mouth-0.png\n`);
  const shown = place.shown ? `:enable='${place.shown}'` : "";
  const graph = [
    `[0:v]${base.filter}[base]`,
    `[1:v]fps=${fps}[mouth]`,
    `[base][mouth]overlay=x='${place.x}':y='${place.y}':eof_action=repeat${shown}[talking]`,
    "[talking][2:v]overlay=0:0[out]",
  ].join(";");
  const inputs = [...base.input, "-f", "concat", "-i", "mouths", "-i", "label.png", "-i", "sound"];
  const mapped = ["-filter_complex", graph, "-map", "[out]", "-map", "3:a:0", "-t", seconds.toFixed(3)];
  await ffmpeg.run([...inputs, ...mapped, ...graphVideoArgs(), "-preset", "veryfast", ...soundArgs, "result.mp4"], {
    cwd: folder,
    signal: run.signal,
    onSeconds: (done) => run.progress({ stage: "lip_sync", fraction: 0.3 + 0.6 * Math.min(1, done / seconds) }),
  });
}
