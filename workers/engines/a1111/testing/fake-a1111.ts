/** An A1111 or Forge for tests: the real protocol of both, with faults on demand, on a free loopback port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type DrawFault, type Faults, noFaults } from "./fake-faults.ts";
import { answer, asFakeError, errorAnswer, type FakeAnswer } from "./fake-routes.ts";
import { type FakeDisk, type FakeOptions, type FakeTask, freshMemory, freshState } from "./fake-state.ts";
import { createFakeWork } from "./fake-work.ts";

export interface FakeCall {
  method: string;
  path: string;
  body: Record<string, unknown>;
  headers: IncomingMessage["headers"];
}

export interface FakeA1111 {
  readonly url: string;
  readonly port: number;
  /** Every request, oldest first, also of earlier starts. */
  readonly calls: FakeCall[];
  readonly faults: Faults;
  readonly disk: FakeDisk;
  /** Every piece of work since it started, oldest first. */
  tasks(): readonly FakeTask[];
  /** Its page's settings as they are now. */
  settings(): Readonly<Record<string, unknown>>;
  onCard(): boolean;
  /** As a person at its own page, `steps` long. Returns the task's id once it waits or runs. */
  submitForeign(options?: { steps?: number }): string;
  /** The person at its page presses Interrupt or Skip. */
  press(what: "interrupt" | "skip"): void;
  /** As a network that fails for a moment: every open request breaks, and the work goes on. */
  breakConnections(): void;
  /** As `kill -9`: requests break, all tasks are forgotten. */
  stop(): Promise<void>;
  start(): Promise<void>;
  restart(options?: { downMs?: number }): Promise<void>;
  close(): Promise<void>;
}

const work = /^\/sdapi\/v1\/(txt2img|img2img|extra-single-image)$/;
const page = "<!doctype html><title>A router</title>";

export async function startFakeA1111(options: FakeOptions = {}): Promise<FakeA1111> {
  const faults = noFaults();
  const state = freshState(options);
  const { draw, enlarge, foreign } = createFakeWork(state, faults);
  const calls: FakeCall[] = [];
  const connections = new Set<Socket>();
  let port = options.port ?? 0;
  let server: Server | undefined;
  let strangers = 0;

  const worked = async (route: string, body: Record<string, unknown>): Promise<FakeAnswer> => {
    if (faults.holdMs > 0) await sleep(faults.holdMs);
    const fault: DrawFault | undefined = faults.draw.shift();
    if (fault === "lose-request") return { status: 0, break: "before" };
    if (fault === "unprocessable")
      return { status: 422, body: { detail: [{ loc: ["body", "steps"], msg: "value is not a valid integer", type: "type_error" }] } };
    try {
      const made = route === "extra-single-image" ? await enlarge(body, fault) : await draw(route as "txt2img", body, fault);
      if (fault === "garbage") return { status: 200, body: { hello: "world" } };
      return {
        status: 200,
        body: made,
        ...(fault === "lose-answer" ? { break: "before" } : fault === "half-answer" ? { break: "half" } : {}),
      };
    } catch (error) {
      return errorAnswer(state, asFakeError(error));
    }
  };

  const handle = async (request: IncomingMessage): Promise<FakeAnswer> => {
    const path = new URL(request.url ?? "/", "http://fake").pathname;
    const text = (await buffer(request)).toString("utf8");
    const body = text ? (JSON.parse(text) as Record<string, unknown>) : {};
    calls.push({ method: request.method ?? "", path, body, headers: request.headers });
    if (faults.html) return { status: 200, body: page };
    if (faults.status) return { status: faults.status, body: "the proxy says no" };
    const { auth } = state.options;
    // its page's own routes ask for no login
    if (auth && path.startsWith("/sdapi/") && request.headers.authorization !== `Basic ${Buffer.from(auth).toString("base64")}`)
      return { status: 401, body: { detail: "Incorrect username or password" } };
    const route = work.exec(path)?.[1];
    if (route && request.method === "POST" && !state.options.noApi) return worked(route, body);
    return answer(state, { method: request.method ?? "", path, body, keepVram: faults.keepVram });
  };

  const send = (response: ServerResponse, found: FakeAnswer): void => {
    if (found.break === "before") return void response.destroy();
    const isPage = typeof found.body === "string";
    const bytes = Buffer.from(isPage ? String(found.body) : JSON.stringify(found.body ?? null));
    response.writeHead(found.status, { "content-type": isPage ? "text/html" : "application/json", "content-length": bytes.length });
    if (found.break === "half") return void response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
    response.end(bytes);
  };

  const start = async (): Promise<void> => {
    state.memory = freshMemory(state.disk, state.options.dialect);
    const started = createServer((request, response) => {
      handle(request).then(
        (found) => send(response, found),
        () => response.destroy(),
      );
    });
    started.on("connection", (socket) => {
      connections.add(socket);
      socket.on("close", () => connections.delete(socket));
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
    // what was drawn is gone, also for the work that still goes on with it
    state.memory = freshMemory(state.disk, state.options.dialect);
    const closed = new Promise<void>((resolve) => stopped.close(() => resolve()));
    for (const socket of connections) socket.destroy();
    await closed;
  };

  await start();
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    calls,
    faults,
    disk: state.disk,
    tasks: () => state.memory.tasks,
    settings: () => state.memory.options,
    onCard: () => state.memory.onCard,
    submitForeign({ steps = 50 } = {}) {
      const id = `task(stranger${++strangers})`;
      void foreign(id, steps);
      return id;
    },
    press(what) {
      if (what === "interrupt") state.memory.state.interrupted = true;
      else state.memory.state.skipped = true;
    },
    breakConnections() {
      for (const socket of connections) socket.destroy();
    },
    stop,
    start,
    async restart({ downMs = 0 } = {}) {
      await stop();
      if (downMs > 0) await sleep(downMs);
      await start();
    },
    close: stop,
  };
}
