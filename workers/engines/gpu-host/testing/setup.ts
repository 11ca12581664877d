/** A fake gpu-host and the adapter that talks to it, impatient enough for tests; a dataset and a request to train with. */
import type { Asset, DatasetDetails } from "../../../../core/asset.ts";
import { silentLog } from "../../../../core/log.ts";
import type { TrainRequest } from "../../../../core/ports/engine.ts";
import { type TestRun, testRun } from "../../testing/run.ts";
import { createGpuHost, type GpuHost } from "../gpu-host.ts";
import type { GpuHostOptions, Timings } from "../options.ts";
import { png, sha256 } from "./fake-files.ts";
import { type FakeGpuHost, type FakeOptions, startFakeGpuHost } from "./fake-gpu-host.ts";

export const impatient: Timings = {
  request: 2_000,
  slow: 5_000,
  status: 1_000,
  retry: 20,
  poll: 20,
  silence: 5_000,
  confirm: 5_000,
  late: 200,
};

const started: { close(): Promise<void> }[] = [];

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(started.splice(0).map((entry) => entry.close()));
}

export async function fakeOf(options: FakeOptions = {}): Promise<FakeGpuHost> {
  const fake = await startFakeGpuHost(options);
  started.push(fake);
  return fake;
}

export function adapterFor(url: string, options: Partial<Omit<GpuHostOptions, "timings">> & { timings?: Partial<Timings> } = {}): GpuHost {
  return createGpuHost({
    ...{ url, configured: true, seen: async () => false, waitMinutes: 1, vramGb: 16, log: silentLog },
    ...options,
    timings: { ...impatient, ...options.timings },
  });
}

export async function pair(fakeOptions: FakeOptions = {}, options: Parameters<typeof adapterFor>[1] = {}) {
  const fake = await fakeOf(fakeOptions);
  return { fake, gpuHost: adapterFor(fake.url, options) };
}

const pictures = [64, 72, 80].map((side) => ({ side, bytes: png(side) }));

export function dataset(change: Partial<DatasetDetails> = {}): Asset {
  const details: DatasetDetails = {
    kind: "dataset",
    pictures: pictures.map(({ side, bytes }, index) => ({
      number: index + 1,
      artifact: `art_${side}`,
      sha256: sha256(bytes),
      width: side,
      height: side,
      caption: `a dog, picture ${side}`,
    })),
    captionedBy: "words",
    warnings: [],
    ...change,
  };
  const at = new Date(0);
  return {
    id: "ast_dataset000000001",
    principal: "local",
    kind: "dataset",
    name: "biscuit",
    job: "job_dataset000000001",
    details,
    createdAt: at,
    updatedAt: at,
  };
}

export function request(more: Partial<TrainRequest> = {}): TrainRequest {
  return {
    ...{
      name: "Biscuit",
      baseModel: "sd-v1-5.safetensors",
      family: "sd15",
      triggerWords: ["bsct dog"],
      dataset: "biscuit",
      steps: 12,
      rank: 4,
      alpha: 2,
    },
    ...{ learningRate: 1e-4, batchSize: 2, resolution: 512, optimizer: "AdamW8bit", scheduler: "constant", precision: "bf16", seed: 7 },
    ...{ saveEvery: 4, sampleEvery: 6, samplePrompts: ["a photo of bsct dog"], smallerOnOom: true },
    ...more,
  };
}

type RunOptions = NonNullable<Parameters<typeof testRun>[0]>;

/** A run with the dataset and its pictures. */
export function runOf(options: RunOptions = {}): TestRun {
  const files = Object.fromEntries(pictures.map(({ side, bytes }) => [`art_${side}`, { bytes }]));
  return testRun({ tool: "train_lora", input: { name: "Biscuit" }, files, assets: [dataset()], ...options });
}

export const notesOf = (run: TestRun): string[] => [...new Set(run.reported.flatMap(({ note }) => note ?? []))];

/** Looks until it is so, or says what was waited for. */
export async function until(what: string, ready: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
