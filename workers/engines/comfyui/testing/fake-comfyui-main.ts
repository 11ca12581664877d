/** The fake ComfyUI as a process: `node --import tsx fake-comfyui-main.ts --port N --step-ms 50 --dialect new|old --device cuda|cpu [--lora-folder DIR] [--videos]`. */
import { existsSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { startFakeComfyui } from "./fake-comfyui.ts";
import { usualModels } from "./fake-state.ts";
import { videoModels } from "./fake-video-nodes.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "step-ms": { type: "string", default: "50" },
    dialect: { type: "string", default: "new" },
    device: { type: "string", default: "cuda" },
    "lora-folder": { type: "string" },
    videos: { type: "boolean", default: false },
  },
});
const fake = await startFakeComfyui({
  port: Number(values.port),
  stepMs: Number(values["step-ms"]),
  dialect: values.dialect === "old" ? "old" : "new",
  device: values.device === "cpu" ? "cpu" : "cuda",
  // beside the usual checkpoints, so that it draws too
  ...(values.videos
    ? { models: { ...videoModels, checkpoints: [...(usualModels["checkpoints"] ?? []), ...(videoModels["checkpoints"] ?? [])] } }
    : {}),
});
const loras = values["lora-folder"];
// as ComfyUI does, which looks into its folder each time it is asked
if (loras)
  Object.defineProperty(fake.disk.models, "loras", {
    enumerable: true,
    get: () =>
      existsSync(loras) ? readdirSync(loras, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".safetensors")) : [],
  });
// the one line that a harness reads
console.log(JSON.stringify({ url: fake.url, pid: process.pid }));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void fake.close().then(() => process.exit(0)));
