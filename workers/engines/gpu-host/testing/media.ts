/** Faces, voices and sounds for tests, and runs that have them. */
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";
import type { Artifact } from "../../../../core/artifact.ts";
import { silentLog } from "../../../../core/log.ts";
import type { LipsRequest } from "../../../../core/ports/video.ts";
import type { Source } from "../../../../core/source.ts";
import { createFfmpeg, withFolder } from "../../../ffmpeg/index.ts";
import { type SpeechLine, writeWav } from "../../../sound/index.ts";
import { type TestRun, testRun } from "../../testing/run.ts";

const people = join(dirname(createRequire(import.meta.url).resolve("@vladmandic/face-api/package.json")), "demo");
export const ffmpeg = createFfmpeg({ log: silentLog });
const signal = new AbortController().signal;

/** A photo of three people. */
export const three = (): Promise<Buffer> => readFile(join(people, "sample1.jpg"));

/** Cut around the woman on the right of it. */
export async function one(width = 480): Promise<Buffer> {
  return sharp(await three())
    .extract({ left: 1300, top: 60, width: 620, height: 560 })
    .resize(width)
    .png()
    .toBuffer();
}

/** A tone that comes and goes, or nothing. */
export function tone(seconds: number, { silent = false, sampleRate = 24_000 } = {}): Buffer {
  const samples = new Float32Array(Math.round(seconds * sampleRate));
  if (!silent)
    for (let at = 0; at < samples.length; at++)
      samples[at] = 0.4 * Math.sin((at / sampleRate) * 6.283 * 220) * Math.abs(Math.sin((at / sampleRate) * 6.283));
  return Buffer.from(writeWav({ sampleRate, samples }));
}

/** An MP4 without sound: the picture for so long, nothing to see between `from` and `to`. */
export async function video(picture: Uint8Array, seconds: number, blank?: { from: number; to: number }): Promise<Buffer> {
  return withFolder(undefined, async (cwd) => {
    await writeFile(join(cwd, "in.png"), await sharp(picture).png().toBuffer());
    const box = blank ? `,drawbox=x=0:y=0:w=iw:h=ih:color=gray:t=fill:enable='between(t,${blank.from},${blank.to})'` : "";
    const filter = `scale=trunc(iw/2)*2:trunc(ih/2)*2${box}`;
    const input = ["-loop", "1", "-framerate", "25", "-i", "in.png", "-t", String(seconds), "-vf", filter];
    await ffmpeg.run([...input, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "out.mp4"], { cwd, signal });
    return readFile(join(cwd, "out.mp4"));
  });
}

export const lips = (more: Partial<LipsRequest> = {}): LipsRequest => ({
  ...{ face: "art_face", who: 0, sound: "art_sound", faceless: "stop", still: false, seed: 7 },
  ...more,
});

type RunOptions = NonNullable<Parameters<typeof testRun>[0]>;

export interface Given {
  face: Uint8Array;
  sound: Uint8Array;
  /** Default: a picture. */
  faceType?: string;
}

const named = ({ faceType = "image/png" }: Pick<Given, "faceType">): Record<string, Partial<Artifact>> => ({
  art_face: { name: faceType === "image/png" ? "anna.png" : "anna.mp4", mediaType: faceType },
  art_sound: { name: "hello.wav", mediaType: "audio/wav" },
});

/** A run whose files are a face and a sound, also as stages. */
export function lipsRun(given: Given, options: RunOptions = {}): TestRun {
  const about = named(given);
  const face = { bytes: given.face, artifact: about["art_face"] ?? {} };
  const sound = { bytes: given.sound, artifact: about["art_sound"] ?? {} };
  const files = { art_face: face, art_sound: sound, "stage:picture": face, "stage:voice": sound };
  return testRun({ tool: "lip_sync", input: { seed: 7 }, files, ...options });
}

/** The same as a plan knows them. */
export function sourcesOf(given: Given, more: { face?: Partial<Source>; sound?: Partial<Source> } = {}) {
  const about = named(given);
  const source = (id: string, change: Partial<Source> | undefined): Source => ({
    ...{ id, name: about[id]?.name ?? id, mediaType: about[id]?.mediaType ?? "", preview: false },
    ...change,
  });
  return { face: source("art_face", more.face), sound: source("art_sound", more.sound) };
}

export const openerOf = (given: Given) => async (id: string) => (id === "art_face" ? given.face : given.sound);

/** Lines of one voice. */
export function spoken(texts: readonly string[], more: Partial<SpeechLine> = {}): SpeechLine[] {
  const voice = { kind: "own", reference: tone(5), transcript: "This is [me].", language: "en" } as const;
  return texts.map((text, index) => ({ text, language: "en", speed: 1, seed: 10 + index, voice, ...more }));
}
