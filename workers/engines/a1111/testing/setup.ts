/** A fake A1111 and the adapter that talks to it, impatient enough for tests. */
import { randomBytes } from "node:crypto";
import type { Failure } from "../../../../core/failure.ts";
import { silentLog } from "../../../../core/log.ts";
import type { RenderRequest, RenderWish } from "../../../../core/ports/engine.ts";
import { type TestRun, testRun } from "../../testing/run.ts";
import { type A1111, createA1111 } from "../a1111.ts";
import type { A1111Options, Timings } from "../options.ts";
import { type FakeA1111, startFakeA1111 } from "./fake-a1111.ts";
import type { FakeOptions } from "./fake-state.ts";

const impatient: Timings = {
  ...{ poll: 15, retry: 20, request: 2_000, status: 1_000, unknown: 10_000, answer: 3_000, late: 100 },
  ...{ inventory: 10_000, placed: 5_000, confirm: 5_000, orphan: 20_000, free: 400 },
};

const started: { close(): Promise<void> }[] = [];

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(started.splice(0).map((entry) => entry.close()));
}

export async function fakeOf(options: FakeOptions = {}): Promise<FakeA1111> {
  const fake = await startFakeA1111(options);
  started.push(fake);
  return fake;
}

type Options = Partial<Omit<A1111Options, "timings">> & { timings?: Partial<Timings> };

export function adapterFor(url: string, options: Options = {}): A1111 {
  const a1111 = createA1111({
    ...{ url, configured: true, seen: async () => false, modelFamilies: {}, waitMinutes: 1, log: silentLog },
    ...options,
    timings: { ...impatient, ...options.timings },
  });
  started.push(a1111);
  return a1111;
}

export async function pair(fakeOptions: FakeOptions = {}, options: Options = {}) {
  const fake = await fakeOf(fakeOptions);
  return { fake, a1111: adapterFor(fake.url, options) };
}

export function wish(more: Partial<RenderWish> = {}): RenderWish {
  return { prompt: "a red fox", negativePrompt: "", count: 1, seed: 1, loras: [], ...more };
}

export function request(more: Partial<RenderRequest> = {}): RenderRequest {
  return {
    ...{ prompt: "a red fox", negativePrompt: "blurry", width: 64, height: 64, count: 1, seed: 42, steps: 4 },
    ...{ model: "sd15.safetensors", loras: [] },
    ...more,
  };
}

/** A run of a job of its own. */
export function jobRun(options: Parameters<typeof testRun>[0] = {}): TestRun {
  const run = testRun(options);
  return Object.assign(run, { job: { ...run.job, id: `job_${randomBytes(8).toString("hex")}` } });
}

/** For `onProgress`: acts once, when this sampling step was reported. */
export function atStep(wanted: number, act: (run: TestRun) => void): NonNullable<NonNullable<Parameters<typeof testRun>[0]>["onProgress"]> {
  let acted = false;
  return (progress, run) => {
    if (acted || progress.stage !== "sampling" || (progress.step ?? 0) < wanted) return;
    acted = true;
    act(run);
  };
}

/** The error that a piece of work ends with; an error of its own where it does not fail. */
export function failureOf(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );
}

/** Looks until it is so, or says what was waited for. */
export async function until(what: string, ready: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
