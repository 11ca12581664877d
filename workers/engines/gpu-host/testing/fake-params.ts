/** What the engines of a fake gpu-host that do not train take, field by field. */
import { readWav } from "../../../sound/index.ts";
import type { MediaAsked, MediaParams } from "./fake-media.ts";

type Check = (value: unknown) => boolean;

const sha: Check = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const text: Check = (value) =>
  typeof value === "string" && /[\p{L}\p{N}]/u.test(value) && !/[[\]\p{Cc}\u2028\u2029]/u.test(value) && value.length <= 1000;
const within =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && value >= least && value <= most;
const lines: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((line: { text?: unknown; seed?: unknown }) => text(line.text) && within(0, 2 ** 31 - 1)(line.seed));

const engines: Record<string, Record<string, Check>> = {
  "f5-tts": { reference: sha, transcript: text, lines, speed: within(0.5, 2), steps: within(1, 64), model: text },
  sadtalker: {
    ...{ picture: sha, sound: sha, size: (value) => value === 256 || value === 512, still: (value) => typeof value === "boolean" },
    ...{ preprocess: (value) => value === "crop" || value === "full", pose_style: within(0, 45) },
  },
  wav2lip: { face: sha, sound: sha },
};

/** What is wrong, or undefined. Fields that are not known are refused, as are those that are missing. */
export function checkMedia({ engine, params }: MediaAsked): string | undefined {
  const fields = engines[engine] ?? {};
  for (const name of Object.keys(params)) if (!fields[name]) return `${name}: Extra inputs are not permitted.`;
  for (const [name, fits] of Object.entries(fields)) if (!fits(params[name])) return `${name}: not allowed.`;
  return undefined;
}

export function inputsOf({ reference, picture, face, sound }: MediaParams): string[] {
  return [reference, picture, face, sound].filter((value) => value !== undefined);
}

/** What is wrong with the files, in the words' own code. */
export function checkFiles({ params }: MediaAsked, inputs: ReadonlyMap<string, Buffer>): { code: string; message: string } | undefined {
  const sound = inputs.get(params.sound ?? params.reference ?? "");
  if (sound) {
    const { samples, sampleRate } = readWav(sound);
    const seconds = samples.length / sampleRate;
    if (seconds < 1 || seconds > (params.reference ? 12 : 300))
      return { code: "bad_sound", message: `The sound is ${seconds.toFixed(2)} s long.` };
  }
  const picture = inputs.get(params.picture ?? "");
  const sides = picture ? [picture.readUInt32BE(16), picture.readUInt32BE(20)] : [];
  return sides.some((side) => side < 128 || side > 4096)
    ? { code: "bad_picture", message: `The picture is ${sides.join("x")}.` }
    : undefined;
}
