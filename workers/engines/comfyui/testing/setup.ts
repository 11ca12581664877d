/** A fake ComfyUI and the adapter that talks to it, impatient enough for tests. */
import { silentLog } from "../../../../core/log.ts";
import type { RenderRequest } from "../../../../core/ports/engine.ts";
import { type Comfyui, createComfyui } from "../comfyui.ts";
import type { ComfyuiOptions, Timings } from "../options.ts";
import { type FakeComfyui, startFakeComfyui } from "./fake-comfyui.ts";
import type { FakeOptions } from "./fake-state.ts";

const impatient: Timings = {
  poll: 20,
  quiet: 20,
  retry: 20,
  request: 2_000,
  post: 2_000,
  status: 1_000,
  ping: 300,
  silence: 10_000,
  idle: 500,
  inventory: 10_000,
  placed: 5_000,
  confirm: 5_000,
  free: 500,
};

const started: { close(): Promise<void> }[] = [];

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(started.splice(0).map((entry) => entry.close()));
}

export async function fakeOf(options: FakeOptions = {}): Promise<FakeComfyui> {
  const fake = await startFakeComfyui(options);
  started.push(fake);
  return fake;
}

export function adapterFor(url: string, options: Partial<Omit<ComfyuiOptions, "timings">> & { timings?: Partial<Timings> } = {}): Comfyui {
  const comfyui = createComfyui({
    url,
    configured: true,
    seen: async () => false,
    modelFamilies: {},
    waitMinutes: 1,
    log: silentLog,
    ...options,
    timings: { ...impatient, ...options.timings },
  });
  started.push(comfyui);
  return comfyui;
}

export async function pair(fakeOptions: FakeOptions = {}, options: Parameters<typeof adapterFor>[1] = {}) {
  const fake = await fakeOf(fakeOptions);
  return { fake, comfyui: adapterFor(fake.url, options) };
}

export function request(more: Partial<RenderRequest> = {}): RenderRequest {
  return {
    prompt: "a red fox",
    negativePrompt: "blurry",
    width: 64,
    height: 64,
    count: 1,
    seed: 42,
    steps: 4,
    model: "sd15.safetensors",
    loras: [],
    ...more,
  };
}

/** Looks until it is so, or says what was waited for. */
export async function until(what: string, ready: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
