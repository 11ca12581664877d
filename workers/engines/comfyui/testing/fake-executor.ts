/** Runs one prompt at a time, lowest number first, with the real one's events in the real one's order. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { GraphNode } from "../wire.ts";
import { type Faults, takeNodeFault } from "./fake-faults.ts";
import { nodeSpecs } from "./fake-nodes.ts";
import { drawPng, drawPreview } from "./fake-pictures.ts";
import type { FakeSockets } from "./fake-sockets.ts";
import { annotatedFile, type FakeState, folder, type Memory, type NodeResult, type QueueItem } from "./fake-state.ts";
import { framesOf, makeVideo } from "./fake-video.ts";

class Interrupted extends Error {}
class NodeError extends Error {
  readonly kind: string;
  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** As torch says it. */
function inVram<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new NodeError("torch.OutOfMemoryError", `CUDA out of memory. ${(error as Error).message}`);
  }
}

const isLink = (value: unknown): value is [string, number] => Array.isArray(value) && value.length === 2 && typeof value[0] === "string";
const gigabytes: Record<string, number> = { CheckpointLoaderSimple: 4, ImageOnlyCheckpointLoader: 5, UNETLoader: 9, UpscaleModelLoader: 1 };
const fileInputs = ["ckpt_name", "model_name", "unet_name"];
const samplerNodes = new Set(["KSampler", "KSamplerAdvanced", "SamplerCustom"]);

export interface FakeExecutor {
  /** Looks whether there is something to do. */
  wake(): void;
}

export function createFakeExecutor(state: FakeState, sockets: FakeSockets, faults: Faults): FakeExecutor {
  let busy = false;

  const runPrompt = async (memory: Memory, item: QueueItem): Promise<void> => {
    const [, id, graph, extra, outputs] = item;
    const { stepMs } = state.options;
    const sid = typeof extra["client_id"] === "string" ? extra["client_id"] : undefined;
    const alive = () => memory === state.memory;
    const messages: [string, Record<string, unknown>][] = [];
    const progress: Record<string, { value: number; max: number; state: string }> = {};
    const specs = nodeSpecs(state);
    const written: Record<string, unknown> = {};
    const executed: string[] = [];
    memory.clientId = sid;
    memory.interrupted = false;

    const say = (type: string, data: Record<string, unknown>, everyone = false) => {
      const full = { prompt_id: id, ...data, timestamp: Date.now() };
      messages.push([type, full]);
      if (sid !== undefined || everyone) sockets.send(type, full, everyone ? undefined : sid);
    };
    const sayState = () => {
      const nodes = Object.fromEntries(
        Object.entries(progress).map(([node, entry]) => [
          node,
          { ...entry, node_id: node, prompt_id: id, display_node_id: node, parent_node_id: null, real_node_id: node },
        ]),
      );
      sockets.send("progress_state", { prompt_id: id, nodes }, sid);
    };
    const check = () => {
      if (!alive()) throw new Interrupted("the server was restarted");
      if (memory.interrupted) throw new Interrupted("interrupted");
    };
    const signature = (node: string): string => {
      const { class_type, inputs } = graph[node] as GraphNode;
      const parts = Object.keys(inputs)
        .sort()
        .map((name) => {
          const value = inputs[name];
          return [name, isLink(value) ? [signature(value[0]), value[1]] : value];
        });
      const file = class_type === "LoadImage" ? annotatedFile(state, String(inputs["image"])) : undefined;
      return createHash("sha256")
        .update(JSON.stringify([class_type, parts, file ? createHash("sha256").update(file).digest("hex") : ""]))
        .digest("hex");
    };
    const input = (node: string, name: string): NodeResult | undefined => {
      const value = graph[node]?.inputs[name];
      return isLink(value) ? memory.cache.get(signature(value[0])) : undefined;
    };
    const number = (node: string, name: string) => Number(graph[node]?.inputs[name] ?? 0);

    /** Counts up with events; one step is one look at the interrupt flag. */
    const steps = async (node: string, count: number) => {
      for (let value = 1; value <= count; value++) {
        check();
        await sleep(stepMs);
        check();
        progress[node] = { value, max: count, state: "running" };
        sayState();
        const method = extra["preview_method"];
        const wanted = state.options.dialect === "old" || method === undefined ? state.options.previews : method !== "none";
        const jpeg =
          wanted && samplerNodes.has(graph[node]?.class_type ?? "") ? await drawPreview(`${signature(node)}${value}`) : undefined;
        const withMetadata = sockets.supportsMetadata(sid);
        if (jpeg && withMetadata) sockets.preview(jpeg, id, node, sid);
        sockets.send("progress", { value, max: count, prompt_id: id, node }, sid);
        if (jpeg && !withMetadata) sockets.preview(jpeg, id, node, sid);
      }
    };

    const save = async (node: string, class_type: string): Promise<NodeResult["ui"]> => {
      const picture = input(node, "images");
      const isTemp = class_type === "PreviewImage";
      const prefix = isTemp ? "ComfyUI_temp_abcde" : String(graph[node]?.inputs["filename_prefix"]);
      const cut = prefix.lastIndexOf("/");
      const subfolder = cut < 0 ? "" : prefix.slice(0, cut);
      const images: { filename: string; subfolder: string; type: string }[] = [];
      if (class_type === "SaveVideo") {
        const count = (memory.counters.get(prefix) ?? 0) + 1;
        memory.counters.set(prefix, count);
        const filename = `${prefix.slice(cut + 1)}_${String(count).padStart(5, "0")}_.mp4`;
        const bytes = faults.video ?? makeVideo(input(node, "video")?.key ?? "", graph);
        state.disk.output.set(subfolder ? `${subfolder}/${filename}` : filename, bytes);
        return { images: [{ filename, subfolder, type: "output" }], animated: [true] };
      }
      for (let index = 0; index < (picture?.count ?? 1); index++) {
        const key = `${isTemp}${prefix}`;
        const count = (memory.counters.get(key) ?? 0) + 1;
        memory.counters.set(key, count);
        const filename = `${prefix.slice(cut + 1)}_${String(count).padStart(5, "0")}_.png`;
        const { width = 64, height = 64 } = picture ?? {};
        const given = isTemp ? undefined : faults.picture;
        const bytes = await (given ? given(width, height) : drawPng(`${picture?.key}${index}`, width, height, graph));
        check();
        folder(state, isTemp ? "temp" : "output")?.set(subfolder ? `${subfolder}/${filename}` : filename, bytes);
        images.push({ filename, subfolder, type: isTemp ? "temp" : "output" });
      }
      return { images };
    };

    const work = async (node: string): Promise<NodeResult> => {
      const { class_type, inputs } = graph[node] as GraphNode;
      check();
      const fault = takeNodeFault(faults, class_type);
      if (fault === "hang") while (true) await sleep(5).then(check);
      if (fault === "oom")
        throw new NodeError("torch.OutOfMemoryError", "Allocation on device 0 would exceed allowed memory. (out of memory)");
      if (fault === "fail") throw new NodeError("RuntimeError", "cannot read /home/someone/ComfyUI/models/secret.bin");
      if (class_type === "UpscaleModelLoader" && !state.disk.models["upscale_models"]?.includes(String(inputs["model_name"])))
        throw new NodeError("FileNotFoundError", `Model in folder 'upscale_models' with filename '${inputs["model_name"]}' not found.\n`);
      const { vram } = state.options;
      const modelFile = String(fileInputs.map((name) => inputs[name]).find((name) => name !== undefined));
      if (vram && gigabytes[class_type] !== undefined) inVram(() => vram.load(modelFile));
      if (gigabytes[class_type] !== undefined) memory.loaded.set(modelFile, gigabytes[class_type] ?? 0);
      const worked = vram && inVram(() => vram.work(class_type));
      try {
        if (class_type === "KSampler" || class_type === "KSamplerAdvanced") await steps(node, number(node, "steps"));
        if (class_type === "SamplerCustom") await steps(node, 4);
        if (class_type === "ImageUpscaleWithModel") await steps(node, 4);
      } finally {
        worked?.();
      }
      const from = ["samples", "pixels", "image", "images", "latent_image", "video"]
        .map((name) => input(node, name))
        .find((found) => found);
      const result: NodeResult = { width: 64, height: 64, count: 1, ...from, key: signature(node) };
      delete result.ui;
      if ("width" in inputs && "height" in inputs) {
        result.width = number(node, "width");
        result.height = number(node, "height");
      }
      if ("batch_size" in inputs) result.count = number(node, "batch_size");
      if ("length" in inputs) result.count = number(node, "length");
      if ("video_frames" in inputs) result.count = number(node, "video_frames");
      if (class_type === "ImageUpscaleWithModel") {
        result.width *= 4;
        result.height *= 4;
      }
      if (class_type === "LoadImage") {
        try {
          const size = await sharp(annotatedFile(state, String(inputs["image"]))).metadata();
          result.width = size.width;
          result.height = size.height;
          result.count = framesOf(annotatedFile(state, String(inputs["image"])));
        } catch {
          throw new NodeError("PIL.UnidentifiedImageError", "cannot identify image file");
        }
      }
      if (specs[class_type]?.outputNode) result.ui = (await save(node, class_type)) ?? { images: [] };
      return result;
    };

    const runNode = async (node: string, done: Set<string>): Promise<void> => {
      if (done.has(node)) return;
      done.add(node);
      const key = signature(node);
      const isOutput = specs[graph[node]?.class_type ?? ""]?.outputNode === true;
      const cached = memory.cache.get(key);
      if (!cached) {
        for (const value of Object.values(graph[node]?.inputs ?? {})) if (isLink(value)) await runNode(value[0], done);
        progress[node] = { value: 0, max: 1, state: "running" };
        sayState();
        memory.lastNode = node;
        if (sid !== undefined) sockets.send("executing", { node, display_node: node, prompt_id: id }, sid);
        await sleep(0);
      }
      memory.lastNode = node;
      const result = cached ?? (await work(node));
      check();
      memory.cache.set(key, result);
      executed.push(node);
      if (isOutput) {
        written[node] = result.ui;
        if (sid !== undefined) sockets.send("executed", { node, display_node: node, output: result.ui, prompt_id: id }, sid);
      }
      if (!cached || isOutput) {
        const max = progress[node]?.max ?? 1;
        progress[node] = { value: max, max, state: "finished" };
        sayState();
      }
    };

    let success = false;
    try {
      say("execution_start", {});
      const signatures = new Set(Object.keys(graph).map(signature));
      for (const key of memory.cache.keys()) if (!signatures.has(key)) memory.cache.delete(key);
      say("execution_cached", { nodes: Object.keys(graph).filter((node) => memory.cache.has(signature(node))) });
      const done = new Set<string>();
      for (const node of outputs) await runNode(node, done);
      say("execution_success", {});
      success = true;
    } catch (error) {
      if (!alive()) return;
      const node = memory.lastNode ?? "";
      const about = { node_id: node, node_type: graph[node]?.class_type ?? "", executed };
      if (error instanceof Interrupted) say("execution_interrupted", about, true);
      else if (error instanceof NodeError)
        say("execution_error", {
          ...about,
          exception_message: error.message,
          exception_type: error.kind,
          traceback: ['  File "/home/someone/ComfyUI/execution.py", line 1\n'],
          current_inputs: {},
          current_outputs: Object.keys(progress),
        });
      else throw error;
    }
    // between the last event and the null the history is written
    await sleep(0);
    if (!alive()) return;
    memory.lastNode = undefined;
    memory.running = undefined;
    memory.history.set(id, {
      prompt: item,
      outputs: written,
      status: { status_str: success ? "success" : "error", completed: success, messages },
      meta: Object.fromEntries(
        Object.keys(written).map((node) => [node, { node_id: node, display_node: node, parent_node: null, real_node_id: node }]),
      ),
    });
    sockets.status();
    if (sid !== undefined) sockets.send("executing", { node: null, prompt_id: id }, sid);
  };
  const loop = async (): Promise<void> => {
    for (;;) {
      const { memory } = state;
      memory.pending.sort((a, b) => a[0] - b[0]);
      const item = memory.pending.shift();
      if (item) {
        memory.running = item;
        sockets.status();
        await runPrompt(memory, item);
      }
      if (state.memory.freeAsked && !state.memory.running) {
        state.memory.freeAsked = false;
        state.memory.cache.clear();
        await state.options.vram?.free();
        if (!faults.keepVram) state.memory.loaded.clear();
      }
      if (state.memory.pending.length === 0) return;
    }
  };

  return {
    wake() {
      if (busy) return;
      busy = true;
      // a post is answered before its prompt starts, most of the time
      setImmediate(() => {
        void loop().finally(() => {
          busy = false;
          if (state.memory.pending.length > 0 || state.memory.freeAsked) this.wake();
        });
      });
    },
  };
}
