/** ComfyUI's routes as functions; both dialects (with and without `/api/jobs`). */
import { z } from "zod";
import { Failure } from "../../../core/failure.ts";
import { type Answer, createHttp, type Http } from "./http.ts";
import type { ComfyuiOptions, Timings } from "./options.ts";
import { type Queue, queue, type SystemStats, systemStats } from "./wire.ts";

export interface Api {
  readonly http: Http;
  readonly timings: Timings;
  systemStats(options?: { timeout?: number; signal?: AbortSignal }): Promise<SystemStats>;
  queue(signal?: AbortSignal): Promise<Queue>;
  /** File names in a model folder, as ComfyUI spells them. */
  models(folder: string): Promise<string[]>;
  /** `__metadata__` of a .safetensors file; undefined where there is none. */
  metadata(folder: string, file: string): Promise<Record<string, string> | undefined>;
  get(path: string, signal?: AbortSignal): Promise<Answer>;
  /** Any answer of ComfyUI itself is fine; only silence throws. */
  post(path: string, body: object, options?: { timeout?: number; signal?: AbortSignal }): Promise<Answer>;
}

export function createApi(options: ComfyuiOptions, timings: Timings): Api {
  const http = createHttp(options.url, options.fetch ?? fetch, timings.request);

  const read = <T>(schema: z.ZodType<T>, answer: Answer, what: string): T => {
    const parsed = schema.safeParse(answer.body);
    if (answer.status === 200 && parsed.success) return parsed.data;
    throw new Failure(
      "engine_rejected",
      `${http.address} does not answer ${what} as ComfyUI does (status ${answer.status}). Set COMFYUI_URL to ComfyUI's own address, or update ComfyUI.`,
      { cause: parsed.error },
    );
  };

  return {
    http,
    timings,
    async systemStats(how) {
      return read(systemStats, await http.json("GET", "/system_stats", how), "/system_stats");
    },
    async queue(signal) {
      return read(queue, await http.json("GET", "/queue", signal ? { signal } : {}), "/queue");
    },
    async models(folder) {
      // a person waits for this
      const answer = await http.json("GET", `/models/${folder}`, { timeout: Math.min(5_000, timings.request) });
      // a folder that this version does not know
      if (answer.status === 404) return [];
      return read(z.array(z.string()), answer, `/models/${folder}`);
    },
    async metadata(folder, file) {
      const { status, body } = await http.json("GET", `/view_metadata/${folder}?filename=${encodeURIComponent(file)}`);
      const parsed = z.record(z.string(), z.unknown()).safeParse(body);
      if (status !== 200 || !parsed.success) return undefined;
      return Object.fromEntries(Object.entries(parsed.data).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
    },
    get: (path, signal) => http.json("GET", path, signal ? { signal } : {}),
    post: (path, body, how) => http.json("POST", path, { body, ...how }),
  };
}
