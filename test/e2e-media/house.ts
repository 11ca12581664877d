/** One installation: the built product, and the engines that it has been given, each a program that speaks its real protocol. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { readRecipe } from "../../platform/media/media.ts";
import { type FakeA1111, startFakeA1111 } from "../../workers/engines/a1111/testing/fake-a1111.ts";
import { type FakeComfyui, startFakeComfyui } from "../../workers/engines/comfyui/testing/fake-comfyui.ts";
import { usualModels } from "../../workers/engines/comfyui/testing/fake-state.ts";
import { videoModels } from "../../workers/engines/comfyui/testing/fake-video-nodes.ts";
import { type FakeGptSovits, startFakeGptSovits } from "../../workers/engines/gpt-sovits/testing/fake-gpt-sovits.ts";
import { probe } from "../../workers/ffmpeg/index.ts";
import type { Stage } from "../e2e-clip/stage.ts";
import type { Checks } from "../harness/checks.ts";
import { makeProduct, type Product } from "../harness/product.ts";
import { type MediaGpuHost, startMediaGpuHost } from "./gpu-host.ts";
import { face, film, transcript } from "./media.ts";
import { createTable, type Table } from "./table.ts";

export interface House extends Omit<Stage, "children"> {
  table: Table;
  /** Of the studio, for MCP. */
  url: URL;
  gpuHost: MediaGpuHost;
  comfyui?: FakeComfyui;
  gptSovits?: FakeGptSovits;
  a1111?: FakeA1111;
}

/** As whisper.cpp's server answers: it hears the same words in anything. */
async function startTranscriber(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ task: "transcribe", language: "english", text: transcript }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

async function startComfyui(): Promise<FakeComfyui> {
  const checkpoints = [...(usualModels["checkpoints"] ?? []), ...(videoModels["checkpoints"] ?? [])];
  const fake = await startFakeComfyui({ stepMs: 2, models: { ...videoModels, checkpoints } });
  fake.faults.video = await film(2);
  fake.faults.picture = face;
  return fake;
}

interface Wanted {
  venv: string;
  /** `comfyui`: ComfyUI, GPT-SoVITS and a gpu-host with Wav2Lip; `a1111`: A1111 and a gpu-host without it. */
  drawn: "comfyui" | "a1111";
}

export async function makeHouse(checks: Checks, { venv, drawn }: Wanted): Promise<House> {
  const both = drawn === "comfyui";
  const [gpuHost, transcriber] = [await startMediaGpuHost({ venv, lips: both }), await startTranscriber()];
  const comfyui = both ? await startComfyui() : undefined;
  const gptSovits = both ? await startFakeGptSovits() : undefined;
  const a1111 = both ? undefined : await startFakeA1111({ stepMs: 20 });
  const product: Product = await makeProduct(`media-${drawn}`, {
    ...{ MYSPINBOT_PREVIEW: "0", MYSPINBOT_LOG: "error", MYSPINBOT_ENGINE_WAIT_MINUTES: "1" },
    ...{ GPU_HOST_URL: gpuHost.url, GPU_HOST_KEY: gpuHost.key, MYSPINBOT_TRANSCRIBE_URL: transcriber.url },
    ...(comfyui ? { COMFYUI_URL: comfyui.url } : {}),
    ...(gptSovits ? { GPT_SOVITS_URL: gptSovits.url } : {}),
    ...(a1111 ? { A1111_URL: a1111.url } : {}),
  });
  if (gptSovits) product.env["GPT_SOVITS_FOLDER"] = product.base;
  await product.start();
  return {
    ...{ checks, product, gpuHost, table: createTable(checks) },
    ...(comfyui ? { comfyui } : {}),
    ...(gptSovits ? { gptSovits } : {}),
    ...(a1111 ? { a1111 } : {}),
    url: new URL("/mcp", (await product.folder.serverInfo())?.url),
    upload: async (name, body) => (await product.client.upload(name, Readable.from([body]), body.length)).id,
    async say(conversation, text, attachments = []) {
      const parts = [];
      for await (const part of product.client.chat({ text, conversation, attachments: [...attachments] }, AbortSignal.timeout(600_000)))
        parts.push(part);
      return parts;
    },
    async look(artifact) {
      const bytes = await buffer(await product.client.download(artifact));
      const path = join(product.base, artifact);
      await writeFile(path, bytes);
      return { probed: await probe(path), recipe: readRecipe(bytes), bytes };
    },
    async end() {
      await product.end();
      await Promise.all([comfyui?.close(), gptSovits?.close(), a1111?.close()]);
      transcriber.close();
      await gpuHost.close();
    },
  };
}
