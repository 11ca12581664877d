/** Metrics: every name, what a scrape says with and without a database, and that no caller can make it grow without bound. */
import { execFileSync, spawnSync } from "node:child_process";
import { register } from "prom-client";
import { describe, expect, it, vi } from "vitest";
import type { OpenJob, WaitingFamily } from "../core/ports/job-store.ts";
import type { SharedFacts } from "./metrics/shared.ts";
import type { Surroundings } from "./metrics/surroundings.ts";
import { createMetrics, type MetricsSources } from "./metrics.ts";

const waiting = async (): Promise<WaitingFamily[]> => [
  { family: "comfy-sdxl", jobs: 3, bestPriority: 1, firstQueuedAt: new Date(Date.now() - 90_000) },
  { family: "preview", jobs: 1, bestPriority: 1, firstQueuedAt: new Date(Date.now() + 5_000) },
];
const open = async (): Promise<OpenJob[]> =>
  (["queued", "queued", "running"] as const).map((state, n) => ({ id: `job_${n}`, family: "preview", state, priority: 1, attempt: 0 }));
const deliveries = async () => ({ pending: 4, dead: 1, oldestSeconds: 90 });
const lane = (worker: string, kind: string) => ({ name: `${worker}:${kind}`, worker, families: ["preview"], vramGb: 0 });
const lanes = async () => [lane("box:1", "card"), lane("box:1", "processor"), lane("attic:1", "processor")];
const shared = async (): Promise<SharedFacts> => ({
  skewSeconds: -0.5,
  card: [{ worker: "box:1", family: "comfy-sdxl", seconds: 12 }],
  backup: { at: new Date("2026-11-30T12:00:00Z"), bytes: 5000 },
});
const create = (changes: Partial<MetricsSources> = {}) =>
  createMetrics({
    ...{ waiting, open, deliveries, lanes, shared, version: "1.2.3", roles: { http: true, worker: false }, draining: () => false },
    ...changes,
  });
const around = (changes: Partial<Surroundings> = {}): Surroundings => ({
  tools: ["render_image"],
  engines: { comfyui: async () => "up", "gpu-host": async () => "down", a1111: async () => "absent" },
  chatModel: async () => "up",
  queue: async () => undefined,
  storage: () => Promise.reject(new Error("the bucket is gone")),
  disks: { data: "/" },
  ...changes,
});

function used() {
  const metrics = create();
  metrics.jobAccepted("render_image");
  metrics.attemptEnded("render_image", "succeeded");
  metrics.attemptEnded("render_image", "requeued");
  metrics.stage("render_image", "sampling", 12);
  metrics.queueWaited("render_image", 3);
  metrics.jobEnded("render_image", "succeeded", 42);
  metrics.artifactPublished({ mediaType: "video/mp4", bytes: 1000, part: false });
  metrics.artifactPublished({ mediaType: "image/jpeg", bytes: 100, part: true });
  metrics.artifactPublished({ mediaType: "application/x-safetensors", bytes: 7, part: false });
  metrics.artifactPublished({ mediaType: "application/zip", bytes: 1, part: false });
  metrics.fenced();
  metrics.reconciled("readded", 2);
  metrics.familySwitched("comfy-sdxl");
  metrics.turn("slash", 0.02);
  metrics.delivery("delivered");
  metrics.request("GET", "/v1/jobs/:id", 200, 0.003);
  return metrics;
}
const lines = (body: string, start: string) => body.split("\n").filter((line) => line.startsWith(start));

describe("metrics", () => {
  it("has every name with its value", async () => {
    const { contentType, body } = await used().text();
    expect(contentType).toContain("text/plain; version=0.0.4");
    for (const line of [
      'myspinbot_jobs_accepted_total{tool="render_image"} 1',
      'myspinbot_jobs_total{tool="render_image",outcome="succeeded"} 1',
      'myspinbot_attempts_total{tool="render_image",outcome="succeeded"} 1',
      'myspinbot_attempts_total{tool="render_image",outcome="requeued"} 1',
      'myspinbot_stage_seconds_bucket{le="10",tool="render_image",stage="sampling"} 0',
      'myspinbot_stage_seconds_bucket{le="20",tool="render_image",stage="sampling"} 1',
      'myspinbot_queue_wait_seconds_bucket{le="5",tool="render_image"} 1',
      'myspinbot_job_seconds_bucket{le="30",tool="render_image",outcome="succeeded"} 0',
      'myspinbot_job_seconds_bucket{le="60",tool="render_image",outcome="succeeded"} 1',
      'myspinbot_artifacts_total{kind="video"} 1',
      'myspinbot_artifacts_total{kind="image"} 0',
      'myspinbot_artifacts_total{kind="audio"} 0',
      'myspinbot_artifacts_total{kind="model"} 1',
      'myspinbot_artifacts_total{kind="other"} 1',
      'myspinbot_artifact_bytes_total{kind="image"} 100',
      'myspinbot_artifact_bytes_total{kind="video"} 1000',
      "myspinbot_attempts_fenced_total 1",
      'myspinbot_reconciled_total{action="readded"} 2',
      'myspinbot_reconciled_total{action="swept"} 0',
      'myspinbot_family_switches_total{family="comfy-sdxl"} 1',
      'myspinbot_agent_turn_seconds_count{planner="slash"} 1',
      'myspinbot_http_request_seconds_count{method="GET",route="/v1/jobs/:id",status="200"} 1',
      'myspinbot_queue_jobs{family="comfy-sdxl"} 3',
      'myspinbot_queue_oldest_age_seconds{family="preview"} 0',
      'myspinbot_jobs_open{state="queued"} 2',
      'myspinbot_jobs_open{state="running"} 1',
      'myspinbot_jobs_open{state="canceling"} 0',
      'myspinbot_deliveries_total{outcome="delivered"} 1',
      'myspinbot_deliveries_total{outcome="dead"} 0',
      'myspinbot_deliveries_open{state="pending"} 4',
      'myspinbot_deliveries_open{state="dead"} 1',
      "myspinbot_deliveries_oldest_age_seconds 90",
      "myspinbot_database_up 1",
      'myspinbot_lanes{kind="card"} 1',
      'myspinbot_lanes{kind="processor"} 2',
      'myspinbot_lane_info{lane="attic:1:processor",worker="attic:1",kind="processor"} 1',
      'myspinbot_card_held{worker="box:1",family="comfy-sdxl"} 1',
      'myspinbot_card_held_seconds{worker="box:1"} 12',
      `myspinbot_backup_last_success_timestamp_seconds ${Date.parse("2026-11-30T12:00:00Z") / 1000}`,
      "myspinbot_backup_bytes 5000",
      "myspinbot_clock_skew_seconds -0.5",
      "myspinbot_draining 0",
      'myspinbot_role_info{role="http"} 1',
      'myspinbot_build_info{version="1.2.3"} 1',
    ])
      expect(body.split("\n")).toContain(line);
    expect(lines(body, "process_resident_memory_bytes")).toHaveLength(1);
    const age = Number(lines(body, 'myspinbot_queue_oldest_age_seconds{family="comfy-sdxl"}')[0]?.split(" ").at(-1));
    expect(age).toBeGreaterThanOrEqual(90);
    expect(age).toBeLessThan(150);
    expect(lines(body, "myspinbot_jobs_total")).toHaveLength(1);
  });

  it("says nothing of what is not known: no backup yet, nobody on the card, nothing looked at", async () => {
    const { body } = await create({ shared: async () => ({ skewSeconds: 0, card: [] }) }).text();
    for (const name of ["backup_", "card_held", "engine_up", "chat_model_up", "queue_up", "storage_up", "disk_", "traces_dropped"])
      expect(lines(body, `myspinbot_${name}`)).toEqual([]);
    expect(lines(body, "myspinbot_role_info")).toEqual(['myspinbot_role_info{role="http"} 1']);
  });

  it("tells what lies around it: up, down, and nothing of what never was", async () => {
    const metrics = create();
    metrics.watch(around({ tracesDropped: () => 3 }));
    await vi.waitFor(async () => {
      const { body } = await metrics.text();
      expect(lines(body, "myspinbot_engine_up{").sort()).toEqual([
        'myspinbot_engine_up{engine="comfyui"} 1',
        'myspinbot_engine_up{engine="gpu-host"} 0',
      ]);
      for (const line of [
        "myspinbot_chat_model_up 1",
        "myspinbot_queue_up 1",
        "myspinbot_storage_up 0",
        "myspinbot_traces_dropped_total 3",
      ])
        expect(body.split("\n")).toContain(line);
      for (const name of ["free", "size"]) expect(lines(body, `myspinbot_disk_${name}_bytes{path="data"}`)).toHaveLength(1);
    });
  });

  it("an engine that never answers delays no scrape", async () => {
    const metrics = create();
    let asked = 0;
    const never = () => {
      asked++;
      return new Promise<never>(() => undefined);
    };
    metrics.watch(around({ engines: { comfyui: never }, storage: never, chatModel: never }));
    for (let n = 0; n < 5; n++) expect(lines((await metrics.text()).body, "myspinbot_engine_up")).toEqual([]);
    expect(asked).toBe(3);
  });

  it("what a role counts begins with zero, so that the first job after a start is in the graph", async () => {
    const first = async (roles: { http: boolean; worker: boolean }) => {
      const metrics = create({ roles });
      metrics.watch(around());
      return (await metrics.text()).body.split("\n");
    };
    const [http, worker] = [await first({ http: true, worker: false }), await first({ http: false, worker: true })];
    for (const line of ['myspinbot_jobs_accepted_total{tool="render_image"} 0', 'myspinbot_agent_turn_seconds_count{planner="native"} 0']) {
      expect(http).toContain(line);
      expect(worker).not.toContain(line);
    }
    for (const line of [
      ...["succeeded", "failed", "canceled"].map((outcome) => `myspinbot_jobs_total{tool="render_image",outcome="${outcome}"} 0`),
      'myspinbot_attempts_total{tool="render_image",outcome="lost"} 0',
      'myspinbot_queue_wait_seconds_count{tool="render_image"} 0',
      'myspinbot_job_seconds_count{tool="render_image",outcome="succeeded"} 0',
    ]) {
      expect(worker).toContain(line);
      expect(http).not.toContain(line);
    }
  });

  it("says that it drains", async () => {
    let ending = false;
    const metrics = create({ draining: () => ending });
    expect((await metrics.text()).body).toContain("\nmyspinbot_draining 0\n");
    ending = true;
    expect((await metrics.text()).body).toContain("\nmyspinbot_draining 1\n");
  });

  it("those who ask at once share one look at the database", async () => {
    let asked = 0;
    const metrics = create({
      waiting: async () => {
        asked++;
        return waiting();
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => metrics.text()));
    expect(asked).toBe(1);
    await metrics.text();
    expect(asked).toBe(2);
  });

  it("forgets families that wait no longer", async () => {
    let families = await waiting();
    const metrics = create({ waiting: async () => families });
    expect((await metrics.text()).body).toContain('myspinbot_queue_jobs{family="preview"} 1');
    families = [];
    expect(lines((await metrics.text()).body, "myspinbot_queue_jobs{")).toEqual([]);
  });

  it.each([
    ["refuses", () => Promise.reject(new Error("ECONNREFUSED"))],
    [
      "throws at once",
      () => {
        throw new Error("pool is closed");
      },
    ],
    ["never answers", () => new Promise<never>(() => undefined)],
  ])("a database that %s leaves the rest readable, and is seen to be back", async (_what, down) => {
    let isDown = false;
    const metrics = create({ waiting: () => (isDown ? down() : waiting()), milliseconds: 50 });
    metrics.jobAccepted("render_image");
    await metrics.text();
    isDown = true;
    const { body } = await metrics.text();
    expect(body).toContain("\nmyspinbot_database_up 0\n");
    expect(body).toContain('myspinbot_jobs_accepted_total{tool="render_image"} 1');
    for (const name of [
      "myspinbot_queue_jobs{",
      "myspinbot_queue_oldest_age_seconds{",
      "myspinbot_jobs_open{",
      "myspinbot_deliveries_open{",
      "myspinbot_lanes{",
      "myspinbot_lane_info{",
      "myspinbot_card_held",
      "myspinbot_backup_",
      "myspinbot_clock_skew_seconds",
    ])
      expect(lines(body, name)).toEqual([]);
    isDown = false;
    expect((await metrics.text()).body).toContain("\nmyspinbot_database_up 1\n");
  });

  it("does not grow without bound, whatever a caller gives as a label", async () => {
    const metrics = create({
      waiting: async () =>
        Array.from({ length: 500 }, (_, n) => ({ family: `f${n}`, jobs: 1, bestPriority: 1, firstQueuedAt: new Date() })),
      lanes: async () => Array.from({ length: 500 }, (_, n) => lane(`box:${n}`, "card")),
      shared: async () => ({
        skewSeconds: 0,
        card: Array.from({ length: 500 }, (_, n) => ({ worker: `box:${n}`, family: `f${n}`, seconds: 1 })),
      }),
    });
    for (let n = 0; n < 5000; n += 1) {
      metrics.jobAccepted(`tool_${n}`);
      metrics.queueWaited(`tool_${n}`, 1);
      metrics.jobEnded(`tool_${n}`, "failed", 1);
      metrics.artifactPublished({ mediaType: `x-${n}/y`, bytes: 1, part: false });
      metrics.cardReleased(`holder_${n}`, "freed");
      metrics.familySwitched(`family_${n}`);
      metrics.request(`M${n}`, `/v1/jobs/${n}`, n, 0.1);
    }
    const { body } = await metrics.text();
    expect(lines(body, "myspinbot_jobs_accepted_total{")).toHaveLength(101);
    expect(lines(body, "myspinbot_family_switches_total{")).toHaveLength(101);
    expect(new Set(lines(body, "myspinbot_http_request_seconds_count{").map((line) => /route="([^"]*)"/.exec(line)?.[1])).size).toBe(101);
    expect(new Set(lines(body, "myspinbot_http_request_seconds_count{").map((line) => /method="([^"]*)"/.exec(line)?.[1]))).toEqual(
      new Set(["other"]),
    );
    for (const name of ["queue_wait_seconds_count", "job_seconds_count", "card_releases_total"])
      expect(lines(body, `myspinbot_${name}{`)).toHaveLength(101);
    expect(lines(body, "myspinbot_artifacts_total{")).toHaveLength(5);
    for (const name of ["lane_info", "card_held", "card_held_seconds"]) expect(lines(body, `myspinbot_${name}{`)).toHaveLength(100);
    expect(body).toContain('myspinbot_queue_jobs{family="other"} 400');
    expect(lines(body, "myspinbot_queue_jobs{")).toHaveLength(101);
  });

  it("no call throws, whatever number it is given", async () => {
    const metrics = create();
    for (const value of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      metrics.stage("a", "sampling", value);
      metrics.queueWaited("a", value);
      metrics.jobEnded("a", "failed", value);
      metrics.artifactPublished({ mediaType: "", bytes: value, part: false });
      metrics.turn("rules", value);
      metrics.reconciled("swept", value);
      metrics.request("GET", "/", value, value);
    }
    expect((await metrics.text()).body).toContain('myspinbot_agent_turn_seconds_count{planner="rules"} 3');
  });

  it("keeps nothing global: two of them live side by side", async () => {
    const [one, two] = [create(), create()];
    one.fenced();
    expect((await one.text()).body).toContain("\nmyspinbot_attempts_fenced_total 1\n");
    expect((await two.text()).body).toContain("\nmyspinbot_attempts_fenced_total 0\n");
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it("names follow the rules: ours, a help text, base units, counters in _total", async () => {
    const metrics = used();
    metrics.watch(around({ tracesDropped: () => 0 }));
    const { body } = await metrics.text();
    for (const [, name = "", type] of body.matchAll(/^# TYPE (myspinbot_\w+) (\w+)$/gm)) {
      expect(body).toMatch(new RegExp(`^# HELP ${name} .{10,}$`, "m"));
      expect(name.endsWith("_total")).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
    expect(body.match(/^# TYPE myspinbot_/gm)?.length).toBe(39);
  });

  const promtool = (() => {
    try {
      execFileSync("promtool", ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  })();
  if (!promtool) console.log("promtool is not installed: its lint of /metrics is NOT RUN (apt-get install prometheus)");
  else {
    it("promtool finds nothing to say", async () => {
      const metrics = used();
      metrics.watch(around({ tracesDropped: () => 0 }));
      const { body } = await metrics.text();
      const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: body, encoding: "utf8" });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    });
  }
});
