/** Metrics: every name, what a scrape says with and without a database, and that no caller can make it grow without bound. */
import { execFileSync, spawnSync } from "node:child_process";
import { register } from "prom-client";
import { describe, expect, it } from "vitest";
import type { OpenJob, WaitingFamily } from "../core/ports/job-store.ts";
import { createMetrics, type MetricsSources } from "./metrics.ts";

const waiting = async (): Promise<WaitingFamily[]> => [
  { family: "comfy-sdxl", jobs: 3, bestPriority: 1, firstQueuedAt: new Date(Date.now() - 90_000) },
  { family: "preview", jobs: 1, bestPriority: 1, firstQueuedAt: new Date(Date.now() + 5_000) },
];
const open = async (): Promise<OpenJob[]> =>
  (["queued", "queued", "running"] as const).map((state, n) => ({ id: `job_${n}`, family: "preview", state, priority: 1, attempt: 0 }));
const deliveries = async () => ({ pending: 4, dead: 1, oldestSeconds: 90 });
const create = (changes: Partial<MetricsSources> = {}) => createMetrics({ waiting, open, deliveries, version: "1.2.3", ...changes });

function used() {
  const metrics = create();
  metrics.jobAccepted("render_image");
  metrics.attemptEnded("render_image", "succeeded");
  metrics.attemptEnded("render_image", "requeued");
  metrics.stage("render_image", "sampling", 12);
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
      'myspinbot_build_info{version="1.2.3"} 1',
    ])
      expect(body.split("\n")).toContain(line);
    expect(lines(body, "process_resident_memory_bytes")).toHaveLength(1);
    const age = Number(lines(body, 'myspinbot_queue_oldest_age_seconds{family="comfy-sdxl"}')[0]?.split(" ").at(-1));
    expect(age).toBeGreaterThanOrEqual(90);
    expect(age).toBeLessThan(150);
    expect(lines(body, "myspinbot_jobs_total")).toHaveLength(1);
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
    ])
      expect(lines(body, name)).toEqual([]);
    isDown = false;
    expect((await metrics.text()).body).toContain("\nmyspinbot_database_up 1\n");
  });

  it("does not grow without bound, whatever a caller gives as a label", async () => {
    const metrics = create({
      waiting: async () =>
        Array.from({ length: 500 }, (_, n) => ({ family: `f${n}`, jobs: 1, bestPriority: 1, firstQueuedAt: new Date() })),
    });
    for (let n = 0; n < 5000; n += 1) {
      metrics.jobAccepted(`tool_${n}`);
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
    expect(body).toContain('myspinbot_queue_jobs{family="other"} 500');
    expect(lines(body, "myspinbot_queue_jobs{")).toHaveLength(1);
  });

  it("no call throws, whatever number it is given", async () => {
    const metrics = create();
    for (const value of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      metrics.stage("a", "sampling", value);
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
    const { body } = await used().text();
    for (const [, name = "", type] of body.matchAll(/^# TYPE (myspinbot_\w+) (\w+)$/gm)) {
      expect(body).toMatch(new RegExp(`^# HELP ${name} .{10,}$`, "m"));
      expect(name.endsWith("_total")).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
    expect(body.match(/^# TYPE myspinbot_/gm)?.length).toBe(19);
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
      const { body } = await used().text();
      const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: body, encoding: "utf8" });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    });
  }
});
