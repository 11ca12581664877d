/** gpu-host's routes as functions. */
import type { z } from "zod";
import { Failure } from "../../../core/failure.ts";
import { lines, steady } from "./body.ts";
import { createHttp } from "./http.ts";
import { defaultTimings, type GpuHostOptions, type Timings } from "./options.ts";
import {
  engines,
  eventOf,
  type GpuView,
  gpu,
  type HostEngine,
  health,
  type RunEvent,
  type RunView,
  runView,
  runViews,
  unloaded,
} from "./wire.ts";

export interface Start {
  id: string;
  /** As gpu-host lists it. */
  engine: string;
  /** The same again must be the same in every field: it is compared. */
  params: object;
  resumeFrom?: string | undefined;
}

export interface Api {
  readonly address: string;
  readonly timings: Timings;
  version(signal?: AbortSignal): Promise<string>;
  /** What it can run. */
  engines(signal?: AbortSignal, timeout?: number): Promise<HostEngine[]>;
  gpu(signal?: AbortSignal, timeout?: number): Promise<GpuView>;
  /** Bytes that are free on its disk, by its metrics; undefined where they do not tell. */
  freeBytes(): Promise<number | undefined>;
  /** Ends the programs that stayed loaded; answers when they are gone, with their names. One that has none answers the same. */
  unload(signal: AbortSignal): Promise<string[]>;
  upload(sha256: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  start(start: Start, signal: AbortSignal): Promise<RunView>;
  runs(signal?: AbortSignal): Promise<RunView[]>;
  run(id: string, signal?: AbortSignal): Promise<RunView>;
  /** Events after this number, until the last one or the break of the connection (Unreachable); without `follow` those that were. */
  events(id: string, after: number, signal: AbortSignal, follow?: boolean): AsyncIterable<RunEvent>;
  /** When its newest event was, in milliseconds since 1970. */
  movedAt(run: RunView): Promise<number | undefined>;
  cancel(id: string, keep: boolean, signal?: AbortSignal): Promise<void>;
  /** Refused `not_supported` where the engine takes no such order. */
  order(id: string, what: "sample" | "save", signal: AbortSignal): Promise<void>;
  file(id: string, name: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  remove(id: string): Promise<void>;
}

export function createApi(options: GpuHostOptions): Api {
  const timings = { ...defaultTimings, ...options.timings };
  const http = createHttp(options.url, options.key, options.fetch ?? fetch);
  const usual = { timeout: timings.request };

  const read = <T>(schema: z.ZodType<T>, body: unknown, what: string): T => {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new Failure(
      "engine_rejected",
      `${http.address} does not answer ${what} as gpu-host does. Set GPU_HOST_URL to the address of gpu-host, or update it: both belong to one version.`,
      { cause: parsed.error },
    );
  };

  async function* events(id: string, after: number, signal: AbortSignal, follow = true): AsyncIterable<RunEvent> {
    const response = await http.open(`/v1/runs/${id}/events?after=${after}&follow=${follow}`, { method: "GET", ...usual, signal });
    for await (const line of lines(steady(response, timings.silence, signal))) {
      const event = eventOf(line);
      if (event) yield event;
    }
  }

  return {
    address: http.address,
    timings,
    async version(signal) {
      return read(health, await http.json("/healthz", { method: "GET", ...usual, signal }), "/healthz").version;
    },
    async engines(signal, timeout = timings.request) {
      return read(engines, await http.json("/v1/engines", { method: "GET", timeout, signal }), "/v1/engines").engines;
    },
    async gpu(signal, timeout = timings.request) {
      return read(gpu, await http.json("/v1/gpu", { method: "GET", timeout, signal }), "/v1/gpu");
    },
    async freeBytes() {
      const response = await http.open("/metrics", { method: "GET", ...usual });
      const found = /^gpu_host_disk_free_bytes (\S+)$/m.exec(await response.text());
      return found && Number.isFinite(Number(found[1])) ? Number(found[1]) : undefined;
    },
    async unload(signal) {
      return read(unloaded, await http.json("/v1/unload", { method: "POST", body: {}, timeout: timings.confirm, signal }), "/v1/unload")
        .unloaded;
    },
    async upload(sha256, bytes, signal) {
      await http.json(`/v1/inputs/${sha256}`, { method: "PUT", bytes, timeout: timings.slow, signal });
    },
    async start({ id, engine, params, resumeFrom }, signal) {
      const body = { id, engine, params, ...(resumeFrom ? { resume_from: resumeFrom } : {}) };
      return read(runView, await http.json("/v1/runs", { method: "POST", body, timeout: timings.slow, signal }), "POST /v1/runs");
    },
    async runs(signal) {
      return read(runViews, await http.json("/v1/runs", { method: "GET", ...usual, signal }), "/v1/runs").runs;
    },
    async run(id, signal) {
      return read(runView, await http.json(`/v1/runs/${id}`, { method: "GET", ...usual, signal }), "/v1/runs/ID");
    },
    events,
    async movedAt(run) {
      const path = `/v1/runs/${run.id}/events?after=${Math.max(0, run.events - 1)}&follow=false`;
      const text = await (await http.open(path, { method: "GET", ...usual })).text();
      const at = /"at": ?"([^"]+)"/.exec(text)?.[1];
      return at ? Date.parse(at) : undefined;
    },
    async cancel(id, keep, signal) {
      await http.json(`/v1/runs/${id}/cancel`, { method: "POST", body: { keep }, ...usual, signal });
    },
    async order(id, what, signal) {
      await http.json(`/v1/runs/${id}/${what}-now`, { method: "POST", body: {}, ...usual, signal });
    },
    async file(id, name, signal) {
      const response = await http.open(`/v1/runs/${id}/files/${encodeURIComponent(name)}`, {
        method: "GET",
        timeout: timings.slow,
        signal,
      });
      return steady(response, timings.silence, signal);
    },
    async remove(id) {
      await http.json(`/v1/runs/${id}`, { method: "DELETE", ...usual });
    },
  };
}
