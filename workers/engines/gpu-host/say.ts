/** Lines of speech by F5-TTS: one run for all of them, in one voice. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import { withFolder } from "../../ffmpeg/index.ts";
import { type Pcm, readWav, type SpeechLine, type SpeechParts } from "../../sound/index.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { carryOut } from "./carry-out.ts";
import { fetchFile } from "./fetch.ts";
import { f5, hosted } from "./hosted.ts";
import type { Known } from "./known.ts";
import type { GpuHostOptions } from "./options.ts";
import { createTell } from "./tell.ts";
import { patienceWith } from "./wait.ts";
import type { HostEngine, RunView } from "./wire.ts";
import { speaking } from "./words.ts";

/** Sampling steps of the model, its own usual number. */
const steps = 32;
/** Below this nothing can be heard. */
const silent = 0.001;
/** Of one run: a longer text takes several, and the model stays loaded in between. */
const mostLines = 200;
/** In place of a line that has nothing to say. */
const pauseSeconds = 0.3;

export interface SayParts {
  api: Api;
  known: Known;
  options: Pick<GpuHostOptions, "waitMinutes" | "scratch">;
}

/** F5-TTS reads what stands in square brackets as the name of a voice. */
export const withoutBrackets = (text: string): string => text.replace(/[[\]]/g, " ");

const spoken = (text: string): string =>
  withoutBrackets(text)
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, " ")
    .trim();

/** F5-TTS says nothing where there is no letter and no digit, and gpu-host refuses it. */
const isSpoken = (text: string): boolean => /[\p{L}\p{N}]/u.test(withoutBrackets(text));

/** gpu-host's seeds have 31 bits, ours 53. */
const seedOf = (seed: number): number => seed % 2 ** 31;

/** What gpu-host is asked for. All lines have one voice and one speed: a text is spoken by one person. */
function paramsOf(lines: readonly SpeechLine[], engine: HostEngine): { params: object; reference: { sha256: string; bytes: Uint8Array } } {
  const [first] = lines;
  if (first?.voice.kind !== "own")
    throw new Failure("unknown_asset", "F5-TTS has no voice of its own. Clone one with clone_voice, or name one of yours.");
  const { reference: bytes, transcript } = first.voice;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const usable = engine.models.filter((model) => model.usable);
  const model = usable.find(({ languages }) => languages?.includes(first.language)) ?? usable[0];
  if (!model)
    throw new Failure("engine_unavailable", "F5-TTS has no model in gpu-host. Put its weights where gpu-host.toml says, then ask again.");
  const params = {
    reference: sha256,
    transcript: spoken(transcript),
    lines: lines.map(({ text, seed }) => ({ text: spoken(text), seed: seedOf(seed) })),
    speed: first.speed,
    steps,
    model: model.name,
  };
  return { params, reference: { sha256, bytes } };
}

const words = { the: "The speech", gone: "what was spoken", again: "speaks it again" };

async function collect({ api, options }: SayParts, view: RunView, files: readonly string[], run: Run, patience: Patience): Promise<Pcm[]> {
  return withFolder(options.scratch, async (folder) => {
    const sounds: Pcm[] = [];
    for (const name of files) {
      const path = join(folder, name);
      const sha256 = view.results.find((result) => result.name === name)?.sha256;
      await fetchFile({ api, run, patience }, { run: view.id, name, ...(sha256 ? { sha256 } : {}) }, path, words);
      const sound = readWav(await readFile(path));
      if (!sound.samples.some((sample) => Math.abs(sample) > silent))
        throw new Failure("engine_failed", "F5-TTS gave silence. Try another seed, or clone the voice from a clearer recording.");
      sounds.push(sound);
    }
    return sounds;
  });
}

/** Failures as `carryOut` and `fetchFile` have them. */
export function createSay(parts: SayParts): SpeechParts["say"] {
  const { api, known, options } = parts;
  /** How often each attempt has spoken: each time is a run of its own, the same in the next attempt. */
  const pieces = new WeakMap<Run, number>();

  const sayOnce = async (lines: SpeechLine[], run: Run, step: (done: number, of: number) => void): Promise<Pcm[]> => {
    const piece = pieces.get(run) ?? 0;
    pieces.set(run, piece + 1);
    const tell = createTell(run, "speaking", step);
    const patience = patienceWith(api, options.waitMinutes, run, speaking, tell.waiting);
    await patience.insist(() => known.now(run.signal));
    const { engine } = await hosted(known, api.address, f5, speaking);
    const { params, reference } = paramsOf(lines, engine);
    const files = lines.map((_line, index) => `line-${index}.wav`);
    const inputs = new Map([[reference.sha256, reference.bytes]]);
    const work = { engine: f5, params, inputs, files, piece };
    const view = await carryOut({ api, run, patience, words: speaking, waiting: tell.waiting, on: tell.on }, work);
    return collect(parts, view, files, run, patience);
  };

  return async (lines, run, progress) => {
    const heard = lines.filter(({ text }) => isSpoken(text));
    const sounds: Pcm[] = [];
    for (let from = 0; from < heard.length; from += mostLines) {
      const some = heard.slice(from, from + mostLines);
      sounds.push(...(await sayOnce(some, run, (done) => progress(from + done, heard.length))));
    }
    const sampleRate = sounds[0]?.sampleRate ?? 24_000;
    const pauseOf = () => ({ sampleRate, samples: new Float32Array(Math.round(sampleRate * pauseSeconds)) });
    return lines.map(({ text }) => (isSpoken(text) ? sounds.shift() : undefined) ?? pauseOf());
  };
}
