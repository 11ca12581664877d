/** A fake GPT-SoVITS and what of the adapter talks to it, impatient enough for tests. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../../../core/log.ts";
import { type SpeechLine, writeWav } from "../../../sound/index.ts";
import { createStatus } from "../engine-status.ts";
import { createHttp } from "../http.ts";
import type { GptSovitsOptions, Timings } from "../options.ts";
import { createRecordings } from "../recordings.ts";
import { createRelease } from "../release.ts";
import { createSay } from "../say.ts";
import { createTurns } from "../turns.ts";
import { type FakeGptSovits, startFakeGptSovits } from "./fake-gpt-sovits.ts";
import type { FakeOptions } from "./fake-state.ts";

const impatient: Timings = { retry: 20, status: 300, line: 20_000, cancel: 10_000, tick: 20, exit: 5_000 };

const started: (() => Promise<unknown>)[] = [];

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const end of started.splice(0).reverse()) await end();
}

export async function fakeOf(options: FakeOptions = {}): Promise<FakeGptSovits> {
  const fake = await startFakeGptSovits(options);
  started.push(fake.close);
  return fake;
}

export async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "msb-sovits-test-"));
  started.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export type AdapterOptions = Partial<Omit<GptSovitsOptions, "timings" | "ffmpeg">> & { timings?: Partial<Timings> };

/** The parts of the adapter below the speech that every engine shares. */
export async function adapterFor(url: string, options: AdapterOptions = {}) {
  const timings = { ...impatient, ...options.timings };
  const folder = options.folder ?? (await folderOf());
  const all = { configured: true, seen: async () => false, mayExit: false, waitMinutes: 1, log: silentLog, folder, ...options };
  const http = createHttp(url, options.fetch ?? fetch);
  const recordings = createRecordings({ ...all, url });
  const turns = createTurns();
  const parts = { http, recordings, turns, timings, options: all };
  const files = () => readdir(folder);
  return { say: createSay(parts), status: createStatus(parts), release: createRelease(parts), recordings, turns, folder, files };
}

export async function pair(fakeOptions: FakeOptions = {}, options: AdapterOptions = {}) {
  const fake = await fakeOf(fakeOptions);
  return { fake, ...(await adapterFor(fake.url, options)) };
}

/** A WAV with something in it. */
export function recording(seconds = 5, hertz = 200): Uint8Array {
  const sampleRate = 24_000;
  const samples = Float32Array.from(
    { length: Math.round(seconds * sampleRate) },
    (_, at) => 0.3 * Math.sin((2 * Math.PI * hertz * at) / sampleRate),
  );
  return writeWav({ sampleRate, samples });
}

export function line(more: Partial<SpeechLine> & { reference?: Uint8Array } = {}): SpeechLine {
  const { reference = recording(), ...rest } = more;
  return {
    ...{ text: "Good morning to you.", language: "en", speed: 1, seed: 7 },
    voice: { kind: "own", reference, transcript: "This is what I said.", language: "en" },
    ...rest,
  };
}

/** Looks until it is so, or says what was waited for. */
export async function until(what: string, ready: () => boolean, ms = 20_000): Promise<void> {
  const end = Date.now() + ms;
  while (!ready()) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
