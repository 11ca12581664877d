/** Two machines, each with a ComfyUI and a LoRA folder: what one trained, the other draws with at once. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loraFile } from "../core/asset.ts";
import type { LoraUse } from "../core/ports/engine.ts";
import { testAsset } from "../core/testing/memory-assets.ts";
import { comfyRun, failureOf } from "./engines/comfyui/testing/run.ts";
import { closeAll, pair, request } from "./engines/comfyui/testing/setup.ts";
import { createLoraFolder } from "./lora-folder.ts";
import { placeForRun } from "./lora-place.ts";

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "spin-place-"));
});
afterEach(async () => {
  await closeAll();
  await rm(path, { recursive: true, force: true });
});

const bytes = Buffer.from("weights");
const sha256 = createHash("sha256").update(bytes).digest("hex");

function trained() {
  const asset = testAsset({ kind: "lora", name: "biscuit", family: "sd15", triggerWords: ["bsct dog"] });
  if (asset.details.kind === "lora") asset.details.sha256 = sha256;
  const use: LoraUse = { name: loraFile(asset.id), weight: 1, own: { title: "biscuit", family: "sd15", triggerWords: ["bsct dog"] } };
  return { asset, use, files: { art_0000000000000004: { bytes } } };
}

/** ComfyUI that reads this folder, and looks into it each time it is asked. */
async function machine() {
  const folder = createLoraFolder(path, async () => "here");
  const { fake, comfyui } = await pair(
    { models: { checkpoints: ["sd15.safetensors"], loras: [] } },
    { timings: { placed: 300 }, placeLora: (file, run) => placeForRun(folder, file, run) },
  );
  const list = () => readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".safetensors"));
  Object.defineProperty(fake.disk.models, "loras", { get: list, enumerable: true });
  return { fake, comfyui, folder };
}

it("puts the file of the run's person where this machine's ComfyUI reads it", async () => {
  const { fake, comfyui } = await machine();
  const { asset, use, files } = trained();
  const run = comfyRun({ assets: [asset], files });
  await comfyui.image.render(request({ loras: [use] }), run);
  expect(run.reported.map(({ note }) => note)).toContain("Putting the LoRA biscuit where ComfyUI reads it");
  expect(fake.prompts()[0]?.graph["lora1"]?.inputs["lora_name"]).toBe(use.name);
});

it("leaves a file that lies there, and what is no asset's", async () => {
  const { folder } = await machine();
  const { asset, use, files } = trained();
  await placeForRun(folder, use.name, comfyRun({ assets: [asset], files }));
  // nothing is asked for
  await placeForRun(folder, use.name, comfyRun());
  await placeForRun(folder, "msb/own.safetensors", comfyRun());
  expect(await readdir(join(path, "msb"))).toEqual([".studio", `${asset.id}.safetensors`]);
});

it("where it cannot be placed, the job says what to do, and stops when it is canceled", async () => {
  await mkdir(join(path, "msb"));
  await createLoraFolder(path, async () => "elsewhere").claim(() => false);
  const { comfyui } = await machine();
  const { asset, use, files } = trained();
  const failure = await failureOf(comfyui.image.render(request({ loras: [use] }), comfyRun({ assets: [asset], files })));
  expect(failure).toMatchObject({ code: "unknown_lora", message: expect.stringContaining("MYSPINBOT_LORA_FOLDER") });
  const run = comfyRun({ assets: [asset], files, onProgress: ({ note }, self) => note?.startsWith("Putting") && self.abort() });
  expect((await failureOf(comfyui.image.render(request({ loras: [use] }), run))).code).toBe("canceled");
  expect(await readdir(join(path, "msb"))).toEqual([".studio"]);
});
