/** The HTTP routes of a fake ComfyUI, with and without `/api`. */
import { randomUUID } from "node:crypto";
import type { Graph } from "../wire.ts";
import type { FakeExecutor } from "./fake-executor.ts";
import type { Faults } from "./fake-faults.ts";
import { nodeSpecs, objectInfo } from "./fake-nodes.ts";
import { type FakeSockets, features } from "./fake-sockets.ts";
import { type FakeState, folder, type HistoryEntry, type QueueItem } from "./fake-state.ts";
import { readUpload } from "./fake-upload.ts";
import { validate } from "./fake-validation.ts";

export interface FakeRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Buffer;
  contentType: string;
}

export interface FakeAnswer {
  status: number;
  /** JSON where it is an object or a list; text or bytes else. */
  body?: unknown;
  type?: string;
  /** What to do to the connection instead of answering. */
  break?: "before" | "half";
  delayMs?: number;
}

interface Parts {
  state: FakeState;
  sockets: FakeSockets;
  executor: FakeExecutor;
  faults: Faults;
}

const gigabyte = 1024 ** 3;
const canonical = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
// what aiohttp answers where no route fits
const noRoute = (method: string): FakeAnswer =>
  method === "GET" ? { status: 404, type: "application/octet-stream" } : { status: 405, body: "405: Method Not Allowed" };

function stats({ options, memory }: FakeState): object {
  const total = options.vram?.stats().total ?? (options.device === "cuda" ? 16 * gigabyte : 24 * gigabyte);
  const loaded = [...memory.loaded.values()].reduce((sum, value) => sum + value, 0) * gigabyte;
  const torch = options.vram?.stats().torch ?? (options.device === "cuda" ? loaded + 0.05 * gigabyte : total);
  const free = options.vram?.stats().free ?? (options.device === "cuda" ? total - torch - 0.5 * gigabyte : 16 * gigabyte);
  return {
    system: {
      os: "linux",
      ram_total: 24 * gigabyte,
      ram_free: 16 * gigabyte,
      comfyui_version: options.dialect === "new" ? "0.33.0" : "0.3.64",
      python_version: "3.11.7",
      pytorch_version: "2.8.0",
      argv: ["main.py"],
    },
    devices: [
      {
        name: options.device === "cuda" ? "cuda:0 NVIDIA GeForce RTX 4060 Ti" : "cpu",
        type: options.device,
        index: options.device === "cuda" ? 0 : null,
        vram_total: total,
        vram_free: free,
        torch_vram_total: torch,
        torch_vram_free: 0,
      },
    ],
  };
}

function jobOf(id: string, entry: HistoryEntry, whole: boolean): object {
  const { status } = entry;
  const interrupted = status.messages.some(([name]) => name === "execution_interrupted");
  const error = status.messages.find(([name]) => name === "execution_error")?.[1];
  return {
    id,
    status: status.completed ? "completed" : interrupted ? "cancelled" : "failed",
    priority: entry.prompt[0],
    create_time: entry.prompt[3]["create_time"],
    outputs_count: Object.keys(entry.outputs).length,
    ...(error ? { execution_error: error } : {}),
    ...(whole
      ? { outputs: entry.outputs, execution_status: status, workflow: { prompt: entry.prompt[2], extra_data: entry.prompt[3] } }
      : {}),
  };
}

const waiting = (item: QueueItem, status: string) => ({
  id: item[1],
  status,
  priority: item[0],
  create_time: item[3]["create_time"],
  outputs_count: 0,
  previewable_outputs_count: 0,
});

export function answer(parts: Parts, request: FakeRequest): FakeAnswer {
  const { state, sockets, executor, faults } = parts;
  const { memory, options } = state;
  const json = (): Record<string, unknown> => JSON.parse(request.body.toString("utf8")) as Record<string, unknown>;

  const removePending = (id: string): boolean => {
    const before = memory.pending.length;
    memory.pending = memory.pending.filter((item) => item[1] !== id);
    if (memory.pending.length === before) return false;
    sockets.status();
    sockets.status();
    return true;
  };
  const interrupt = (id: string): boolean => {
    if (memory.running?.[1] !== id) return false;
    memory.interrupted = true;
    return true;
  };

  const jobs = (path: string): FakeAnswer => {
    if (options.dialect === "old" || (request.method === "POST" && !options.cancelRoute)) return noRoute(request.method);
    const cancel = /^\/api\/jobs\/([^/]+)\/cancel$/.exec(path)?.[1];
    if (cancel !== undefined && request.method === "POST")
      return { status: 200, body: { cancelled: interrupt(cancel) || removePending(cancel) } };
    const id = /^\/api\/jobs\/([^/]+)$/.exec(path)?.[1];
    if (request.method !== "GET") return noRoute(request.method);
    if (id !== undefined) {
      const entry = memory.history.get(id);
      if (entry) return { status: 200, body: jobOf(id, entry, true) };
      if (memory.running?.[1] === id) return { status: 200, body: waiting(memory.running, "in_progress") };
      const pending = memory.pending.find((item) => item[1] === id);
      return pending ? { status: 200, body: waiting(pending, "pending") } : { status: 404, body: { error: "Job not found" } };
    }
    const all = [
      ...[...memory.history].map(([key, entry]) => jobOf(key, entry, false)),
      ...(memory.running ? [waiting(memory.running, "in_progress")] : []),
      ...memory.pending.map((item) => waiting(item, "pending")),
    ].reverse();
    return { status: 200, body: { jobs: all, pagination: { offset: 0, limit: null, total: all.length, has_more: false } } };
  };

  const post = (): FakeAnswer => {
    if (faults.post[0] === "lose-request") {
      faults.post.shift();
      return { status: 0, break: "before" };
    }
    let data: Record<string, unknown>;
    try {
      data = json();
    } catch {
      return { status: 500, body: "500 Internal Server Error\n\nServer got itself in trouble" };
    }
    const number = typeof data["number"] === "number" ? data["number"] : data["front"] ? -memory.number++ : memory.number++;
    if (!data["prompt"])
      return {
        status: 400,
        body: {
          error: { type: "no_prompt", message: "No prompt provided", details: "No prompt provided", extra_info: {} },
          node_errors: {},
        },
      };
    const asked = data["prompt_id"];
    if (options.dialect === "new" && asked !== undefined && asked !== null && !canonical.test(String(asked)))
      return {
        status: 400,
        body: {
          error: { type: "invalid_prompt_id", message: "Invalid prompt_id", details: String(asked), extra_info: {} },
          node_errors: {},
        },
      };
    const id = typeof asked === "string" ? asked : randomUUID();
    const graph = data["prompt"] as Graph;
    const verdict = validate(state, graph, nodeSpecs(state), data["partial_execution_targets"] as string[] | undefined);
    if (!verdict.ok) return { status: 400, body: { error: verdict.error, node_errors: verdict.nodeErrors } };
    const extra: Record<string, unknown> = { ...(data["extra_data"] as object | undefined) };
    if (data["client_id"] !== undefined) extra["client_id"] = data["client_id"];
    if (options.dialect === "new") extra["create_time"] = Date.now();
    memory.pending.push([number, id, graph, extra, verdict.outputs]);
    sockets.status();
    executor.wake();
    const good: FakeAnswer = { status: 200, body: { prompt_id: id, number, node_errors: verdict.nodeErrors }, delayMs: faults.postDelayMs };
    return faults.post[0] === "lose-answer" && faults.post.shift() ? { ...good, break: "before" } : good;
  };

  const view = (): FakeAnswer => {
    const name = request.query.get("filename") ?? "";
    const sub = request.query.get("subfolder");
    if (name.includes("..") || name.startsWith("/")) return { status: 400 };
    if (sub?.includes("..")) return { status: 403 };
    const bytes = folder(state, request.query.get("type") ?? "output")?.get(sub ? `${sub}/${name}` : name);
    if (!bytes || faults.viewMissing-- > 0) return { status: 404 };
    const good: FakeAnswer = {
      status: 200,
      body: bytes,
      type: name.endsWith(".mp4") ? "video/mp4" : "image/png",
      delayMs: faults.viewDelayMs,
    };
    return faults.viewBroken-- > 0 ? { ...good, break: "half" } : good;
  };

  if (request.path.startsWith("/api/jobs")) return jobs(request.path);
  const path = request.path.replace(/^\/api(?=\/)/, "");
  const [, first = "", second = "", third] = path.split("/").map(decodeURIComponent);
  if (third !== undefined) return noRoute(request.method);
  switch (`${request.method} /${first}`) {
    case "GET /system_stats":
      return { status: 200, body: stats(state) };
    case "GET /features":
      return { status: 200, body: features };
    case "GET /prompt":
      return { status: 200, body: { exec_info: { queue_remaining: memory.pending.length + (memory.running ? 1 : 0) } } };
    case "POST /prompt":
      return post();
    case "GET /queue":
      return { status: 200, body: { queue_running: memory.running ? [memory.running] : [], queue_pending: memory.pending } };
    case "POST /queue": {
      const { clear, delete: ids } = json() as { clear?: boolean; delete?: string[] };
      if (clear) memory.pending = [];
      for (const id of ids ?? []) removePending(id);
      return { status: 200 };
    }
    case "POST /interrupt": {
      const id = request.body.length > 0 ? json()["prompt_id"] : undefined;
      if (typeof id === "string") interrupt(id);
      else memory.interrupted = true;
      return { status: 200 };
    }
    case "GET /history":
      if (second) return { status: 200, body: Object.fromEntries([...memory.history].filter(([id]) => id === second)) };
      return { status: 200, body: Object.fromEntries(memory.history) };
    case "POST /history": {
      const { clear, delete: ids } = json() as { clear?: boolean; delete?: string[] };
      if (clear) memory.history.clear();
      for (const id of ids ?? []) memory.history.delete(id);
      return { status: 200 };
    }
    case "POST /free":
      memory.freeAsked ||= json()["unload_models"] === true || json()["free_memory"] === true;
      executor.wake();
      return { status: 200 };
    case "POST /upload":
      return readUpload(state, request);
    case "GET /view":
      return view();
    case "GET /models":
      if (!second) return { status: 200, body: Object.keys(state.disk.models) };
      return state.disk.models[second] ? { status: 200, body: state.disk.models[second] } : { status: 404 };
    case "GET /embeddings":
      return { status: 200, body: [] };
    case "GET /view_metadata": {
      const found = state.disk.metadata[request.query.get("filename") ?? ""];
      return found ? { status: 200, body: found } : { status: 404 };
    }
    case "GET /object_info":
      return { status: 200, body: objectInfo(nodeSpecs(state), second || undefined) };
    default:
      return noRoute(request.method);
  }
}
