/** What the contract of engines that draw works with: an engine, the program behind it, and jobs that can be acted upon in the middle. */
import { createHash, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import type { Failure } from "../../../core/failure.ts";
import type { Engine, ImageCapability, RenderRequest, RenderWish } from "../../../core/ports/engine.ts";
import { createMedia } from "../../../platform/media/media.ts";
import { type TestRun, testRun } from "./run.ts";

export type Drawing = Engine & { image: ImageCapability };

/** What a program behind an engine can be made to do. */
export interface Program {
  /** A LoRA that it has, for `model`. */
  lora: string;
  /** Another engine for the same program, that waits for it only some tenths of a second. */
  impatient(): Drawing;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Every request gets a web page. */
  webPage(): void;
  /** The next picture does not fit. */
  outOfMemory(): void;
  /** Another engine, to which each picture is handed over as something that is none. */
  garbage(): Drawing;
  /** Somebody else's picture, `steps` long; resolves when it is being drawn. Returns how it stands. */
  foreign(steps: number): Promise<() => "runs" | "done" | "stopped">;
  /** Pieces of our work that run or wait in it. */
  ours(): number;
}

export interface ImageRig {
  engine: Drawing;
  /** A checkpoint that it has. */
  model: string;
  /** Whether its pictures only stand in for real ones. */
  preview: boolean;
  /** Absent where there is none. */
  program?: Program;
  close(): Promise<void>;
}

const media = createMedia();

/** Long enough that something can be done in the middle. */
export const long = 400;

export async function until(what: string, ready: () => boolean, ms = 15_000): Promise<void> {
  for (const end = Date.now() + ms; !ready(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
}

export const wish = (more: Partial<RenderWish> = {}): RenderWish => ({
  prompt: "a red fox",
  negativePrompt: "",
  count: 1,
  seed: 42,
  loras: [],
  ...more,
});

/** A run of a job of its own. As the real one it takes nothing for a picture that is not a whole one. */
export function run(options: Parameters<typeof testRun>[0] = {}): TestRun {
  const files = Object.entries(options.files ?? {}).map(([id, { bytes, artifact }]) => {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return [id, { bytes, artifact: { sha256, bytes: bytes.length, ...artifact } }] as const;
  });
  const made = testRun({ ...options, files: Object.fromEntries(files) });
  const { save } = made;
  return Object.assign(made, {
    job: { ...made.job, id: `job_${randomBytes(8).toString("hex")}` },
    async save(file: Parameters<TestRun["save"]>[0]) {
      const body = file.body instanceof Uint8Array ? file.body : await buffer(file.body);
      await media.inspect(body);
      await save({ ...file, body });
    },
  });
}

export const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );

export const pixels = (bytes: Buffer | undefined) => sharp(bytes).raw().toBuffer();

/** A job that samples: `act` is called once, in the middle. */
export function inTheMiddle(act: (self: TestRun) => void) {
  let acted = false;
  return run({
    onProgress(progress, self) {
      if (acted || progress.stage !== "sampling" || (progress.step ?? 0) < 2) return;
      acted = true;
      act(self);
    },
  });
}

/** A rig for one test, closed after it, and a request for a small picture of its. */
export async function rigFrom(setup: () => Promise<ImageRig>) {
  const rig = await setup();
  onTestFinished(() => rig.close());
  const request = (more: Partial<RenderRequest> = {}): RenderRequest => ({
    ...{ ...wish(), width: 128, height: 64, steps: 4, model: rig.model },
    ...more,
  });
  return { ...rig, request };
}
