/** A gpu-host for tests: its protocol by the rules of its README, with faults on demand, on a free loopback port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Faults, noFaults } from "./fake-faults.ts";
import { FakeMedia } from "./fake-media.ts";
import { type Answer, Refusal, route } from "./fake-routes.ts";
import { FakeRun } from "./fake-run.ts";
import { FakeWarm } from "./fake-warm.ts";

export interface FakeOptions {
  key?: string;
  models?: { name: string; family: string; usable?: boolean; note?: string }[];
  /** Why nothing can be trained. */
  problems?: string[];
  familyProblems?: Record<string, string[]>;
  cards?: { name: string; vram_total: number; vram_free: number; ours: { engine: string; vram: number }[] }[];
  /** What else it lists, and what of that cannot work. Default: F5-TTS and SadTalker. */
  others?: { id: string; problems?: string[]; models?: string[] }[];
  freeBytes?: number;
  faults?: Partial<Faults>;
}

export interface FakeCall {
  method: string;
  path: string;
  authorization: string | undefined;
}

const gigabyte = 1024 ** 3;
export const cardOf = (gb: number) => ({
  name: "NVIDIA GeForce RTX 5070 Ti",
  vram_total: gb * gigabyte,
  vram_free: (gb - 1) * gigabyte,
  ours: [] as [],
});

/** What lies on its disk and its card: it stays over a restart. */
export class FakeState {
  readonly runs = new Map<string, FakeRun | FakeMedia>();
  readonly others: NonNullable<FakeOptions["others"]>;
  readonly warm: FakeWarm;
  readonly inputs = new Map<string, Buffer>();
  readonly faults: Faults;
  readonly models: { name: string; family: string; usable: boolean; note: string | null }[];
  problems: string[];
  readonly familyProblems: Record<string, string[]>;
  cards: NonNullable<FakeOptions["cards"]>;
  freeBytes: number;
  readonly #freed = new Set<string>();

  constructor(options: FakeOptions) {
    this.faults = { ...noFaults, ...options.faults };
    const usual: NonNullable<FakeOptions["models"]> = [
      { name: "sd-v1-5.safetensors", family: "sd15" },
      { name: "sd_xl_base_1.0.safetensors", family: "sdxl" },
    ];
    this.models = (options.models ?? usual).map((model) => ({ usable: true, ...model, note: model.note ?? null }));
    this.problems = options.problems ?? [];
    this.familyProblems = options.familyProblems ?? {};
    this.cards = options.cards ?? [cardOf(16)];
    this.others = options.others ?? [{ id: "f5-tts" }, { id: "sadtalker" }];
    this.warm = new FakeWarm(this.faults);
    this.freeBytes = options.freeBytes ?? 500 * gigabyte;
  }

  owner(): string | undefined {
    return this.faults.foreign ?? [...this.runs.values()].find((run) => !run.over && !this.#freed.has(run.asked.id))?.asked.id;
  }

  freed(id: string): void {
    this.#freed.add(id);
  }

  engines(): Record<string, unknown>[] {
    const others = this.others.map(({ id, problems = [], models = [id] }) => ({
      ...{
        id,
        title: id,
        version: "1.0",
        ready: problems.length === 0,
        problems,
        families: [],
        capabilities: { cancel: true, resume: false },
      },
      licence: `${id}: a licence`,
      models: models.map((name) => ({ name, family: id, usable: true, note: null })),
    }));
    return [this.trainer(), ...others];
  }

  private trainer(): Record<string, unknown> {
    const capabilities = { cancel: true, resume: true, sample_now: false, save_now: false, saves_on_cancel: false };
    const named = { id: "sd-scripts", title: "kohya sd-scripts (LoRA training)", version: "48d368f" };
    const families = ["sd15", "sdxl"].map((id) => ({ id, problems: this.familyProblems[id] ?? [] }));
    return { ...named, ready: this.problems.length === 0, problems: this.problems, families, capabilities, models: this.models };
  }
}

export interface FakeGpuHost {
  readonly url: string;
  readonly state: FakeState;
  readonly faults: Faults;
  /** Every request, oldest first, also of earlier starts. */
  readonly calls: FakeCall[];
  /** Trainings by age, and what is none. */
  runs(): FakeRun[];
  media(): FakeMedia[];
  /** As `kill -9` of gpu-host: its child trains on. */
  stop(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startFakeGpuHost(options: FakeOptions = {}): Promise<FakeGpuHost> {
  const state = new FakeState(options);
  const calls: FakeCall[] = [];
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;

  const events = async (run: FakeRun | FakeMedia, query: URLSearchParams, response: ServerResponse) => {
    let after = Number(query.get("after") ?? 0);
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    for (;;) {
      for (const event of run.events.slice(after)) {
        after = Number(event["seq"]);
        const line = `${JSON.stringify(event)}\n`;
        if (state.faults.cutEvents > 0 && event["type"] === "step") {
          state.faults.cutEvents--;
          // in the middle of a line
          response.write(line.slice(0, line.length / 2), () => response.destroy());
          return;
        }
        response.write(line);
      }
      if (response.destroyed) return;
      if (run.over || query.get("follow") === "false") return response.end();
      await sleep(3);
    }
  };

  const send = (response: ServerResponse, { status, body, bytes, lost }: Answer) => {
    if (lost) return response.destroy();
    response.writeHead(status, { "content-type": bytes ? "application/octet-stream" : "application/json" });
    response.end(bytes ?? (body === undefined ? undefined : JSON.stringify(body)));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://fake");
    const { authorization } = request.headers;
    const method = request.method ?? "GET";
    calls.push({ method, path, authorization });
    const body = await buffer(request);
    if (state.faults.pages > 0) {
      state.faults.pages--;
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome</html>");
      return;
    }
    try {
      if (options.key !== undefined && path !== "/healthz" && authorization !== `Bearer ${options.key}`)
        throw new Refusal(401, "unauthorized");
      const followed = /^\/v1\/runs\/([\w-]+)\/events$/.exec(path)?.[1];
      const run = followed === undefined ? undefined : state.runs.get(followed);
      if (run) await events(run, searchParams, response);
      else if (followed !== undefined) throw new Refusal(404, "unknown_run");
      else send(response, route(method, path, body, state));
    } catch (error) {
      const refused = error instanceof Refusal ? error : new Refusal(500, "internal", String(error));
      send(response, { status: refused.status, body: { error: { code: refused.code, message: refused.message } } });
    }
  };

  const start = async () => {
    const listening = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
    listening.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => listening.once("error", reject).listen(port, "127.0.0.1", resolve));
    port = (listening.address() as AddressInfo).port;
    server = listening;
  };
  const stop = async () => {
    const closing = server;
    server = undefined;
    if (!closing) return;
    const closed = new Promise((resolve) => closing.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    state,
    faults: state.faults,
    calls,
    runs: () => [...state.runs.values()].filter((run) => run instanceof FakeRun),
    media: () => [...state.runs.values()].filter((run) => run instanceof FakeMedia),
    stop,
    start,
    async close() {
      await stop();
      for (const run of state.runs.values()) run.stop();
    },
  };
}
