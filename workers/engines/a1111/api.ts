/** A1111's routes as functions. */
import { z } from "zod";
import { Failure } from "../../../core/failure.ts";
import { type Answer, type Asked, createHttp, type Http, Unreachable } from "./http.ts";
import { type A1111Options, defaultTimings, type Timings } from "./options.ts";
import * as wire from "./wire.ts";

export interface Api {
  readonly http: Http;
  readonly timings: Timings;
  /** What the version calls itself, as far as it was heard. */
  version: string | undefined;
  memory(asked?: Asked): Promise<wire.Memory>;
  /** Of whatever runs. */
  state(signal?: AbortSignal): Promise<wire.State>;
  /** Of one task; `preview` is the id of the last one that was seen. */
  task(id: string, asked?: Asked & { preview?: number }): Promise<wire.Task>;
  /** How many tasks wait. */
  pending(signal?: AbortSignal): Promise<number>;
  /** Names of its settings; none where it does not tell. */
  settings(): Promise<ReadonlySet<string>>;
  /** One list; `none` where this version has no such route, Failure `engine_rejected` where every version has it. */
  list<T>(schema: z.ZodType<T>, path: string, none: T | undefined, timeout?: number): Promise<T>;
  /** An answer of A1111 itself, whatever it is; only silence throws. */
  post(path: string, body: object, asked?: Asked): Promise<Answer>;
}

export function createApi(options: A1111Options): Api {
  const timings = { ...defaultTimings, ...options.timings };
  const http = createHttp(options.url, options);

  const read = <T>(schema: z.ZodType<T>, answer: Answer, path: string): T => {
    const parsed = schema.safeParse(answer.body);
    if (answer.status === 200 && parsed.success) return parsed.data;
    if (answer.status === 404 && path.startsWith("/internal/"))
      throw new Failure(
        "engine_rejected",
        `A1111/Forge at ${http.address} does not tell how one task stands, so a job could neither be followed nor canceled. Start it without --nowebui (with --api alone), version 1.8 or newer.`,
      );
    if (answer.status === 404)
      throw new Failure("engine_rejected", `${http.address} has no API. Start A1111/Forge with --api, or set A1111_URL to where it runs.`);
    // a busy one fails here too, such as while it starts
    if (answer.status >= 500) throw new Unreachable(new Error(`status ${answer.status}`));
    throw new Failure(
      "engine_rejected",
      `${http.address} does not answer ${path} as A1111/Forge does (status ${answer.status}). Set A1111_URL to its own address, or update it.`,
      { cause: parsed.error },
    );
  };
  const get = async <T>(schema: z.ZodType<T>, path: string, asked: Asked = {}) =>
    read(schema, await http.json("GET", path, { timeout: timings.request, ...asked }), path);

  return {
    http,
    timings,
    version: undefined,
    memory: (asked) => get(wire.memory, "/sdapi/v1/memory", asked),
    state: async (signal) => (await get(wire.progress, "/sdapi/v1/progress?skip_current_image=true", signal ? { signal } : {})).state,
    async task(id, { preview, ...asked } = {}) {
      const body = { id_task: id, id_live_preview: preview ?? -1, live_preview: preview !== undefined };
      const path = "/internal/progress";
      return read(wire.task, await http.json("POST", path, { timeout: timings.request, body, ...asked }), path);
    },
    async pending(signal) {
      const { body } = await http.json("GET", "/internal/pending-tasks", { timeout: timings.request, ...(signal ? { signal } : {}) });
      return wire.pending.safeParse(body).data?.size ?? 0;
    },
    async settings() {
      const { body } = await http.json("GET", "/sdapi/v1/options", { timeout: timings.request });
      return new Set(Object.keys(z.record(z.string(), z.unknown()).safeParse(body).data ?? {}));
    },
    async list(schema, path, none, timeout = timings.request) {
      const answer = await http.json("GET", path, { timeout });
      return answer.status === 404 && none !== undefined ? none : read(schema, answer, path);
    },
    post: (path, body, asked) => http.json("POST", path, { body, ...asked }),
  };
}
