/** A whole house for a training: the built product, the real gpu-host over a protocol-true trainer, and a fake ComfyUI that reads the same LoRA folder. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Part } from "../../core/chat.ts";
import type { Checks } from "../harness/checks.ts";
import { type GpuHostProcess, startGpuHost } from "../harness/gpu-host.ts";
import { type FakeEngine, makeProduct, type Product, startEngine } from "../harness/product.ts";

export interface Stage {
  checks: Checks;
  product: Product;
  host: GpuHostProcess;
  comfyui: FakeEngine;
  /** The folder that ComfyUI reads LoRAs from. */
  loras: string;
  /** Uploads files and gives their artifact ids. */
  upload(files: readonly { name: string; body: Buffer }[]): Promise<string[]>;
  /** One turn of a conversation, to its end: every part of it. */
  say(conversation: string, text: string, attachments?: readonly string[]): Promise<Part[]>;
  end(): Promise<void>;
}

/** @param start one process that is faces and lane, where nothing else is given. */
export async function makeStage(
  checks: Checks,
  venv: string,
  start: (product: Product) => Promise<unknown> = (product) => product.start(),
): Promise<Stage> {
  const host = await startGpuHost({ venv });
  const product = await makeProduct("training", {
    MYSPINBOT_PREVIEW: "0",
    MYSPINBOT_LOG: "error",
    GPU_HOST_URL: host.url,
    GPU_HOST_KEY: host.key,
  });
  const loras = join(product.base, "loras");
  await mkdir(loras);
  const comfyui = await startEngine(5, ["--lora-folder", loras]);
  Object.assign(product.env, { COMFYUI_URL: comfyui.url, MYSPINBOT_LORA_FOLDER: loras });
  await start(product);
  return {
    checks,
    product,
    host,
    comfyui,
    loras,
    async upload(files) {
      const ids: string[] = [];
      for (const { name, body } of files) ids.push((await product.client.upload(name, Readable.from([body]), body.length)).id);
      return ids;
    },
    async say(conversation, text, attachments = []) {
      const parts: Part[] = [];
      for await (const part of product.client.chat({ text, conversation, attachments: [...attachments] }, AbortSignal.timeout(180_000)))
        parts.push(part);
      return parts;
    },
    async end() {
      await product.end();
      await comfyui.end();
      await host.close();
    },
  };
}
