/** Without the setting: no request to a collector, no metric of traces, and nothing of OpenTelemetry in the process. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeCollector, startFakeCollector } from "../../platform/tracing/testing/fake-collector.ts";
import { fromSource } from "../harness/product.ts";

let collector: FakeCollector;
beforeAll(async () => {
  collector = await startFakeCollector();
});
afterAll(() => collector.close());

/** What a process says that made a picture, with the address of a collector or none. */
async function made(endpoint: string): Promise<{ state: string; loaded: number; counted: boolean }> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const { stdout } = await promisify(execFile)(process.execPath, fromSource("test/tracing/testing/loaded-main.ts"), { env });
  return JSON.parse(stdout);
}

it("without an address nothing of OpenTelemetry is loaded, nothing is sent and nothing counted", async () => {
  expect(await made("")).toEqual({ state: "succeeded", loaded: 0, counted: false });
  expect(collector.requests).toEqual([]);
}, 180_000);

it("with one it is loaded, and what the last job did is sent before the end", async () => {
  const { loaded, ...more } = await made(collector.url);
  expect(more).toEqual({ state: "succeeded", counted: true });
  expect(loaded).toBeGreaterThan(10);
  const names = collector.spans().map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["chat", "plan", "submit", "queue wait", "attempt", "sampling", "publish"]));
  expect(new Set(collector.spans().map(({ service }) => service))).toEqual(new Set(["myspinbot-http-worker"]));
}, 180_000);
