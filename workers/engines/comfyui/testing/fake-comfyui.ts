/** A ComfyUI for tests: the real protocol in both dialects, with faults on demand, on a free loopback port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
import type { Graph } from "../wire.ts";
import { createFakeExecutor } from "./fake-executor.ts";
import { type Faults, noFaults } from "./fake-faults.ts";
import { answer, type FakeAnswer } from "./fake-routes.ts";
import { createFakeSockets } from "./fake-sockets.ts";
import { type Disk, emptyMemory, type FakeOptions, type FakeState, usualMetadata, usualModels } from "./fake-state.ts";

export interface FakeCall {
  method: string;
  path: string;
  query: string;
  /** Parsed JSON, else the text; bytes of an upload are left out. */
  body: unknown;
  headers: Record<string, string | string[] | undefined>;
}

export interface FakePrompt {
  id: string;
  graph: Graph;
  clientId: string | undefined;
  state: "pending" | "running" | "completed" | "failed" | "cancelled";
}

export interface FakeComfyui {
  readonly url: string;
  readonly port: number;
  /** Every request, oldest first, also of earlier starts. */
  readonly calls: FakeCall[];
  readonly faults: Faults;
  readonly disk: Disk;
  /** Files of the temp folder, which a restart empties. */
  temp(): ReadonlyMap<string, Buffer>;
  /** Every prompt that it knows now, oldest first. */
  prompts(): FakePrompt[];
  /** Prompts posted since it started, also those of which no trace is left. */
  readonly taken: number;
  readonly openSockets: number;
  /** The first message of each socket, oldest first. */
  readonly greetings: unknown[];
  /** GB of models in VRAM. */
  loadedGb(): number;
  /** As a person who uses ComfyUI's own page; returns the prompt id. `steps` of the usual step time. */
  submitForeign(options?: { steps?: number; clientId?: string }): Promise<string>;
  dropSockets(): void;
  /** As `kill -9`: sockets and requests break, the queue and history are gone. */
  stop(): Promise<void>;
  start(): Promise<void>;
  restart(options?: { downMs?: number }): Promise<void>;
  close(): Promise<void>;
}

function foreignGraph(steps: number, checkpoint: string): Graph {
  return {
    "1": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: checkpoint } },
    "2": { class_type: "CLIPTextEncode", inputs: { text: "someone else's picture", clip: ["1", 1] } },
    "4": { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } },
    "5": {
      class_type: "KSampler",
      inputs: {
        model: ["1", 0],
        positive: ["2", 0],
        negative: ["2", 0],
        latent_image: ["4", 0],
        seed: Math.floor(Math.random() * 1e9),
        steps,
        cfg: 7,
        sampler_name: "euler",
        scheduler: "normal",
        denoise: 1,
      },
    },
    "6": { class_type: "VAEDecode", inputs: { samples: ["5", 0], vae: ["1", 2] } },
    "7": { class_type: "SaveImage", inputs: { images: ["6", 0], filename_prefix: "ComfyUI" } },
  };
}

export async function startFakeComfyui(options: FakeOptions = {}): Promise<FakeComfyui> {
  const faults = noFaults();
  const state: FakeState = {
    options: {
      dialect: options.dialect ?? "new",
      cancelRoute: options.cancelRoute ?? true,
      stepMs: options.stepMs ?? 2,
      device: options.device ?? "cuda",
      previews: options.previews ?? true,
      lacks: options.lacks ?? [],
      ...(options.vram ? { vram: options.vram } : {}),
    },
    disk: {
      output: new Map(),
      input: new Map(),
      models: { ...usualModels, ...(options.models as Record<string, string[]> | undefined) },
      metadata: { ...usualMetadata, ...options.metadata },
    },
    memory: emptyMemory(),
  };
  const sockets = createFakeSockets(state, faults);
  const executor = createFakeExecutor(state, sockets, faults);
  const calls: FakeCall[] = [];
  const connections = new Set<Socket>();
  let port = options.port ?? 0;
  let server: Server | undefined;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams, search } = new URL(request.url ?? "/", "http://fake");
    const body = await buffer(request);
    const contentType = request.headers["content-type"] ?? "";
    const text = contentType.startsWith("multipart/") ? "" : body.toString("utf8");
    calls.push({ method: request.method ?? "", path: pathname, query: search, body: parsed(text), headers: request.headers });
    send(
      request,
      response,
      await faultOr(
        () =>
          answer(
            { state, sockets, executor, faults },
            { method: request.method ?? "", path: pathname, query: searchParams, body, contentType },
          ),
        request,
      ),
    );
  };

  const faultOr = async (usual: () => FakeAnswer, request: IncomingMessage): Promise<FakeAnswer> => {
    const { origin, host } = request.headers;
    if (faults.forbidden || (origin !== undefined && new URL(origin).host !== host)) return { status: 403 };
    if (faults.html) return { status: 200, body: "<!doctype html><title>A router</title>", type: "text/html" };
    if (faults.status) return { status: faults.status, body: "the proxy says no" };
    if (faults.postHoldMs && request.method === "POST" && request.url?.endsWith("/prompt")) await sleep(faults.postHoldMs);
    const result = usual();
    if (result.delayMs) await sleep(result.delayMs);
    return result;
  };

  const send = (request: IncomingMessage, response: ServerResponse, result: FakeAnswer): void => {
    if (result.break === "before") return void request.socket.destroy();
    const { body } = result;
    const isBytes = body instanceof Uint8Array;
    const isText = typeof body === "string";
    const bytes = body === undefined ? Buffer.alloc(0) : isBytes ? Buffer.from(body) : Buffer.from(isText ? body : JSON.stringify(body));
    const type = result.type ?? (isText || body === undefined ? "text/plain; charset=utf-8" : "application/json; charset=utf-8");
    response.writeHead(result.status, { "content-type": type, "content-length": bytes.length });
    if (result.break !== "half") return void response.end(bytes);
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy());
  };

  const start = async (): Promise<void> => {
    state.memory = emptyMemory();
    const wss = new WebSocketServer({ noServer: true, autoPong: !faults.muteSockets });
    const started = createServer((request, response) => {
      handle(request, response).catch(() => response.destroy());
    });
    started.on("connection", (socket) => {
      connections.add(socket);
      socket.on("close", () => connections.delete(socket));
    });
    started.on("upgrade", (request, socket, head) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://fake");
      calls.push({ method: "WS", path: pathname, query: `?${searchParams}`, body: undefined, headers: request.headers });
      if (faults.refuseSockets || faults.forbidden || !/^(\/api)?\/ws$/.test(pathname)) {
        socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        return;
      }
      wss.handleUpgrade(request, socket, head, (ws) => sockets.accept(ws, searchParams.get("clientId")));
    });
    await new Promise<void>((resolve, reject) => {
      started.once("error", reject);
      started.listen(port, "127.0.0.1", resolve);
    });
    port = (started.address() as AddressInfo).port;
    server = started;
  };

  const stop = async (): Promise<void> => {
    const stopped = server;
    server = undefined;
    if (!stopped) return;
    // what ran is gone at once, also for the executor that still holds it
    state.memory = emptyMemory();
    const closed = new Promise<void>((resolve) => stopped.close(() => resolve()));
    sockets.drop();
    for (const socket of connections) socket.destroy();
    await closed;
  };

  await start();
  const fake: FakeComfyui = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    calls,
    faults,
    disk: state.disk,
    temp: () => state.memory.temp,
    prompts() {
      const { history, running, pending } = state.memory;
      const view = ([, id, graph, extra]: (typeof pending)[number], at: FakePrompt["state"]): FakePrompt => ({
        id,
        graph,
        clientId: extra["client_id"] as string | undefined,
        state: at,
      });
      const ended = [...history.values()].map((entry) =>
        view(
          entry.prompt,
          entry.status.completed
            ? "completed"
            : entry.status.messages.some(([name]) => name === "execution_interrupted")
              ? "cancelled"
              : "failed",
        ),
      );
      return [...ended, ...(running ? [view(running, "running")] : []), ...pending.map((item) => view(item, "pending"))];
    },
    greetings: sockets.greetings,
    get taken() {
      return state.memory.number;
    },
    get openSockets() {
      return sockets.open;
    },
    loadedGb: () => [...state.memory.loaded.values()].reduce((sum, value) => sum + value, 0),
    async submitForeign({ steps = 50, clientId } = {}) {
      const response = await fetch(`${fake.url}/prompt`, {
        method: "POST",
        body: JSON.stringify({
          prompt: foreignGraph(steps, state.disk.models["checkpoints"]?.[0] ?? ""),
          ...(clientId ? { client_id: clientId } : {}),
        }),
      });
      const { prompt_id } = (await response.json()) as { prompt_id: string };
      calls.pop();
      return prompt_id;
    },
    dropSockets: sockets.drop,
    stop,
    start,
    async restart({ downMs = 0 } = {}) {
      await stop();
      if (downMs) await sleep(downMs);
      await start();
    },
    close: stop,
  };
  return fake;
}

function parsed(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return text;
  }
}
