/** A training in the whole product, against a protocol-true gpu-host: asked, trained, struck by a restart, published, placed and kept. */
import { readdirSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import { startFakeComfyui } from "../workers/engines/comfyui/testing/fake-comfyui.ts";
import { type FakeGpuHost, startFakeGpuHost } from "../workers/engines/gpu-host/testing/fake-gpu-host.ts";
import { until } from "../workers/engines/gpu-host/testing/setup.ts";
import { photos } from "./e2e-training/photos.ts";
import { type Product, startProduct } from "./setup/product.ts";

let fake: FakeGpuHost;
let product: Product;
let loras: string;
const env = () => ({ GPU_HOST_URL: fake.url, GPU_HOST_KEY: "k".repeat(24), MYSPINBOT_LORA_FOLDER: loras });
beforeAll(async () => {
  fake = await startFakeGpuHost({ key: "k".repeat(24), models: [{ name: "sd-v1-5.safetensors", family: "sd15" }] });
  loras = await mkdtemp(join(tmpdir(), "spin-loras-"));
  product = await startProduct(env());
}, 120_000);
afterAll(async () => {
  await product?.close();
  await fake?.close();
  await rm(loras, { recursive: true, force: true });
});

/** A person's yes to what this call asks first. */
async function allowed(tool: string, input: Parameters<Product["client"]["invoke"]>[1]): Promise<string> {
  try {
    await product.client.invoke(tool, input);
  } catch (error) {
    if (!(error instanceof Failure) || !error.approval) throw error;
    await product.client.answer(error.approval.id, { yes: true, how: "dialog", values: {} });
  }
  const invoked = await product.client.invoke(tool, input);
  return invoked.kind === "job" ? invoked.job.id : invoked.text;
}

it("goes from photos to a LoRA in the folder that the renderer reads, through a restart of the studio", async () => {
  const pictures: string[] = [];
  for (const [index, body] of (await photos(12)).entries())
    pictures.push((await product.client.upload(`IMG_${index}.jpg`, Readable.from([body]), body.length)).id);
  const made = await product.client.invoke("make_dataset", { name: "biscuit", pictures, subject: "a brown dog" });
  expect((await product.ended(made.kind === "job" ? made.job.id : "")).state).toBe("succeeded");

  fake.faults.gate = 50;
  const id = await allowed("train_lora", {
    name: "biscuit",
    trigger_words: ["bsct dog"],
    steps: 100,
    rank: 4,
    seed: 7,
    settings: { save_every: 20 },
  });
  await until("it trains", () => fake.runs()[0]?.step === 50);
  await until("it is told", async () => (await product.client.job(id)).progress?.stage === "training");

  await product.restart();
  delete fake.faults.gate;
  const trained = await product.ended(id);
  expect([trained.state, trained.error]).toEqual(["succeeded", undefined]);
  // parked at step 50, gone on from step 40
  expect(fake.runs().map(({ asked }) => asked.resume_from !== undefined)).toEqual([false, true]);

  const weights = trained.artifacts.find(({ name }) => name.endsWith(".safetensors"));
  const asset = id.replace("job_", "ast_");
  const placed = await readFile(join(loras, "msb", `${asset}.safetensors`));
  expect(placed.length).toBe(weights?.bytes);
  const listed = await product.client.invoke("list_assets", {});
  expect(JSON.stringify(listed)).toContain("bsct dog");
  expect((await readdir(join(loras, "msb"))).filter((name) => name.endsWith(".part"))).toEqual([]);
});

it("what is missing in the folder is placed again at the next start", async () => {
  const [name = ""] = (await readdir(join(loras, "msb"))).filter((entry) => entry.endsWith(".safetensors"));
  await rm(join(loras, "msb", name));
  await product.restart();
  await until("it is there again", async () => (await readdir(join(loras, "msb"))).includes(name));
});

it("a render has the file placed that this machine's folder lacks", async () => {
  const comfyui = await startFakeComfyui({ models: { checkpoints: ["sd15.safetensors"], loras: [] } });
  const list = () => readdirSync(loras, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".safetensors"));
  Object.defineProperty(comfyui.disk.models, "loras", { get: list, enumerable: true });
  try {
    await product.restart({ ...env(), COMFYUI_URL: comfyui.url });
    // as on a machine that did not train it, and has not looked since
    const [name = ""] = list();
    await rm(join(loras, name));
    const drawn = await product.client.invoke("render_image", { prompt: "on a beach", loras: [{ name: "biscuit" }] });
    const { state, error } = await product.ended(drawn.kind === "job" ? drawn.job.id : "");
    expect([state, error]).toEqual(["succeeded", undefined]);
    expect(list()).toEqual([name]);
  } finally {
    await comfyui.close();
  }
});

it("a deleted LoRA's file is gone with the answer", async () => {
  expect(await allowed("delete_asset", { asset: "biscuit", kind: "lora" })).toContain("is deleted");
  expect(await readdir(join(loras, "msb"))).toEqual([".studio"]);
});
