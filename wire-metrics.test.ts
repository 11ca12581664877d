/** When a process counts as ready, and what it says of its surroundings. */
import { expect, it, vi } from "vitest";
import { Failure } from "./core/failure.ts";
import { silentLog } from "./core/log.ts";
import type { EngineStatus } from "./core/ports/engine.ts";
import { wireMetrics } from "./wire-metrics.ts";

type Parts = Parameters<typeof wireMetrics>[0];
type Later = Parameters<Awaited<ReturnType<typeof wireMetrics>>["watch"]>[0];

async function rig(more: Partial<Parts["config"]> = {}) {
  const now = { draining: false, database: undefined as Failure | undefined, queue: undefined as Failure | undefined };
  const none = async () => [];
  const answers = (name: "database" | "queue") => {
    const failure = now[name];
    if (failure) throw failure;
  };
  const database = {
    jobs: { waiting: none, open: none },
    deliveries: { backlog: async () => ({ pending: 0, dead: 0, oldestSeconds: 0 }) },
    lanes: { connected: none },
    pool: { query: async () => ({ rows: [{ now: Date.now(), card: null, backup: null }] }) },
    ping: async () => answers("database"),
  } as unknown as Parts["database"];
  const stops: ((ms: number) => Promise<unknown>)[] = [];
  const config = { roles: { http: true, worker: true }, ...more };
  const watched = await wireMetrics({ config, database, version: "1", draining: () => now.draining, log: silentLog }, stops);
  const engine = (id: string, state: EngineStatus["state"]) => ({ id, families: [id], status: async () => ({ id, title: id, state }) });
  const later = {
    tools: [{ kind: "job", name: "render_image" }],
    engines: { all: [engine("comfyui", "ready"), engine("a1111", "absent")] },
    agent: { status: async () => ({ planner: "native", model: "m", fix: "ollama serve" }) },
    queue: {
      async has() {
        answers("queue");
        return false;
      },
    },
    files: { check: async () => undefined },
  } as unknown as Later;
  return { ...watched, later, now, stops };
}

it("is ready when it has started and while database and queue answer, until it is told to stop", async () => {
  const { ready, watch, later, now } = await rig();
  await expect(ready()).rejects.toMatchObject({ code: "not_running", retryable: true, message: expect.stringContaining("still starting") });
  watch(later);
  await expect(ready()).resolves.toBeUndefined();
  now.database = new Failure("database_unavailable", "no");
  await expect(ready()).rejects.toBe(now.database);
  now.database = undefined;
  now.queue = new Failure("queue_unavailable", "no");
  await expect(ready()).rejects.toBe(now.queue);
  now.queue = undefined;
  now.draining = true;
  await expect(ready()).rejects.toMatchObject({ code: "not_running", message: expect.stringContaining("stopping") });
});

it("a chat model that has a remedy does not answer, and an engine that never was is not told", async () => {
  const { metrics, watch, later } = await rig();
  watch(later);
  await vi.waitFor(async () => {
    const { body } = await metrics.text();
    expect(body).toContain("\nmyspinbot_chat_model_up 0\n");
    expect(body).toContain('\nmyspinbot_engine_up{engine="comfyui"} 1\n');
    expect(body).not.toContain("a1111");
    expect(body).toContain("\nmyspinbot_queue_up 1\n");
  });
});

it("listens only where the settings say so, and ends with the process", async () => {
  expect((await rig()).stops).toEqual([]);
  const { stops } = await rig({ metrics: { host: "127.0.0.1", port: 0 } });
  expect(stops).toHaveLength(1);
  await stops[0]?.(0);
});
