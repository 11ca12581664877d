/** Finding the studio, or starting exactly one, or saying why it does not start. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Failure } from "../core/failure.ts";
import { type ConnectOptions, connect } from "./launch.ts";
import { spawnServer } from "./spawn-server.ts";
import { scriptedClient } from "./testing/scripted-client.ts";

const notRunning = new Failure("not_running", "nobody listens");
let folder: string;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-"));
  said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A studio that can be up or down, with a lock that one server holds. */
function machine() {
  const state = { up: false, held: false, spawned: 0 };
  const options: ConnectOptions = {
    socketPath: "/socket",
    interval: 1,
    say: (text) => said.push(text),
    lockHeld: async () => state.held,
    makeClient: () => ({
      ...scriptedClient(),
      status: async () => {
        if (!state.up) throw notRunning;
        return { version: "0", pid: 1, data: "/data", rows: [] };
      },
    }),
    spawnServer: () => {
      state.spawned++;
      if (state.held) return { exit: Promise.resolve(0), log: async () => "" };
      state.held = true;
      setTimeout(() => {
        state.up = true;
      }, 20);
      return { exit: new Promise(() => undefined), log: async () => "" };
    },
  };
  return { state, options };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

it("takes the one that runs, without a word", async () => {
  const { state, options } = machine();
  state.up = true;
  await connect(options);
  expect(state.spawned).toBe(0);
  expect(said).toEqual([]);
});

it("waits for one that is starting, and starts its own when that one was only ending", async () => {
  const { state, options } = machine();
  state.held = true;
  setTimeout(() => {
    state.held = false;
  }, 20);
  await connect(options);
  expect(state.spawned).toBe(1);
  expect(said).toEqual(["Starting the studio …"]);
});

it("of many clients at once all connect, and one server lives", async () => {
  const { state, options } = machine();
  let living = 0;
  const clients = Array.from({ length: 8 }, () => {
    let looks = 0;
    return connect({
      ...options,
      // every client looks before any server has the lock
      lockHeld: async () => looks++ > 0 && state.held,
      spawnServer: () => {
        if (!state.held) living++;
        return options.spawnServer();
      },
    });
  });
  await Promise.all(clients);
  expect(state.spawned).toBe(8);
  expect(living).toBe(1);
});

it("shows the server's own error when it dies", async () => {
  const { options } = machine();
  const logPath = join(folder, "log");
  const script = `console.log(JSON.stringify({ level: 30, msg: "listening soon" })); console.log(JSON.stringify({ level: 60, msg: "port 4417 is taken" })); console.error("error: set MYSPINBOT_PORT\\u001b[31m"); process.exit(3)`;
  const failure = await failureOf(
    connect({ ...options, spawnServer: () => spawnServer({ command: [process.execPath, "-e", script], logPath }) }),
  );
  expect(failure.code).toBe("not_running");
  expect(failure.message).toMatch(/exit code 3[\s\S]*port 4417 is taken\n +error: set MYSPINBOT_PORT\n/);
  expect(failure.message).not.toContain("listening soon");
  expect(failure.message).not.toContain("\u001b");
});

it("says so when the program cannot even be started", async () => {
  const { options } = machine();
  const failure = await failureOf(
    connect({ ...options, spawnServer: () => spawnServer({ command: [join(folder, "missing")], logPath: join(folder, "log") }) }),
  );
  expect(failure.message).toContain("did not start");
});

it("gives up on one that never answers", async () => {
  const { state, options } = machine();
  state.held = true;
  const failure = await failureOf(connect({ ...options, patience: 30 }));
  expect(failure.code).toBe("not_running");
  expect(failure.message).toContain("myspinbot start");
});

it("waits for a backup of a sleeping studio as long as that takes, says so once, and then starts the studio", async () => {
  const { state, options } = machine();
  const [now, clock] = [Date.now, { ahead: 0 }];
  const spy = vi.spyOn(Date, "now").mockImplementation(() => now() + clock.ahead);
  // half an hour: longer than its patience with a studio
  const copying = async () => {
    if (clock.ahead >= 1_800_000) return undefined;
    clock.ahead += 60_000;
    return "backup" as const;
  };
  await connect({ ...options, copying, signal: new AbortController().signal });
  spy.mockRestore();
  expect(said).toEqual(["A backup of this studio is at work; it starts when that is done. Ctrl-C leaves.", "Starting the studio …"]);
  expect(state.spawned).toBe(1);
});

it("lets a person leave while a backup has the studio, and gives a program, which cannot, an answer in time", async () => {
  const { state, options } = machine();
  const copying = async () => "restore" as const;
  const leaving = new AbortController();
  const left = connect({ ...options, copying, signal: leaving.signal, say: () => leaving.abort() });
  await expect(left).rejects.toThrow(/abort/i);
  const failure = await failureOf(connect({ ...options, copying, patience: 20 }));
  expect(failure).toMatchObject({
    code: "not_running",
    retryable: true,
    message: expect.stringMatching(/a restore has its data.*try again then/),
  });
  expect(state.spawned).toBe(0);
});

it("starts one again after a backup that came between its own start and the lock", async () => {
  const { state, options } = machine();
  let busy = 0;
  const copying = async () => (busy-- > 0 ? ("backup" as const) : undefined);
  const spawn = () => {
    if (state.spawned > 0) return options.spawnServer();
    state.spawned++;
    busy = 3;
    return { exit: Promise.resolve(1), log: async () => "error: the folder is in use" };
  };
  await connect({ ...options, copying, spawnServer: spawn });
  expect(state.spawned).toBe(2);
});

it("passes on any other trouble at once", async () => {
  const { state, options } = machine();
  const refuse = () => Promise.reject(new Failure("unauthorized", "a key is needed"));
  const failure = await failureOf(connect({ ...options, makeClient: () => ({ ...scriptedClient(), status: refuse }) }));
  expect(failure.code).toBe("unauthorized");
  expect(state.spawned).toBe(0);
});

it("a started server is a session of its own and outlives its starter's interrupt", async () => {
  const logPath = join(folder, "log");
  const script = `process.on("SIGTERM", () => process.exit(0)); console.log("pid", process.pid); setInterval(() => {}, 1000)`;
  const server = await spawnServer({ command: [process.execPath, "-e", script], logPath });
  let pid = 0;
  while (!pid) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    pid = Number(/pid (\d+)/.exec(await server.log())?.[1] ?? 0);
  }
  // its own process group: a Ctrl-C in our terminal goes to ours only
  expect(() => process.kill(-pid, 0)).not.toThrow();
  process.kill(pid, "SIGTERM");
  expect(await server.exit).toBe(0);
});
