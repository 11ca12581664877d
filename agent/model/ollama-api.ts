/** The few calls of Ollama's own API that choose and unload a model; chatting itself is LangChain's. */
import { z } from "zod";
import type { JsonObject } from "../../core/json.ts";

const tags = z.object({ models: z.array(z.object({ name: z.string(), size: z.number().optional() })).nullish() });
const shown = z.object({ capabilities: z.array(z.string()).optional() });
const running = z.object({
  models: z
    .array(z.object({ name: z.string(), model: z.string().optional(), size: z.number().default(0), size_vram: z.number().default(0) }))
    .nullish(),
});

/** A server that is there answers these at once. */
const patience = 5000;

/** Loading a large model from a slow disk. */
const loading = 180_000;

const gigabyte = 1024 ** 3;

/** A model in Ollama's memory. */
export interface RunningModel {
  name: string;
  /** In all, and of these on the card. */
  gb: number;
  cardGb: number;
}

export interface OllamaApi {
  /** Installed models with the GB of their files, newest first; throws where nobody answers. */
  installed(signal: AbortSignal): Promise<{ name: string; gb: number | undefined }[]>;
  /** `['completion', 'tools', …]`; undefined = no such model. Servers before 0.6.4 tell none: an empty list. */
  capabilities(model: string, signal: AbortSignal): Promise<string[] | undefined>;
  /** Models in memory, also those that are still being loaded. */
  running(signal: AbortSignal): Promise<RunningModel[]>;
  unload(model: string, signal: AbortSignal): Promise<void>;
  /** Answers when it is loaded. Options other than those of a later chat would make that load it again. */
  load(model: string, how: { keepAlive: string; options: JsonObject }, signal: AbortSignal): Promise<void>;
}

/** A kept connection that the server closed meanwhile (a restart) says nothing about the server: one more try, on a new one. */
async function again(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const code = ((error as Error).cause as { code?: string } | undefined)?.code;
    if (code !== "ECONNRESET" && code !== "UND_ERR_SOCKET" && code !== "EPIPE") throw error;
    return fetch(url, init);
  }
}

export function ollamaApi(url: string): OllamaApi {
  const call = async (path: string, signal: AbortSignal, body?: object, limit = patience) => {
    const response = await again(`${url}${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(limit)]),
      ...(body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}),
    });
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return (await response.json()) as unknown;
  };
  return {
    installed: async (signal) =>
      (tags.parse(await call("/api/tags", signal)).models ?? []).map(({ name, size }) => ({ name, gb: size && size / gigabyte })),
    async capabilities(model, signal) {
      const answer = await call("/api/show", signal, { model });
      return answer === undefined ? undefined : (shown.parse(answer).capabilities ?? []);
    },
    running: async (signal) =>
      (running.parse(await call("/api/ps", signal)).models ?? []).map(({ name, model, size, size_vram }) => ({
        name: model ?? name,
        gb: size / gigabyte,
        cardGb: size_vram / gigabyte,
      })),
    async unload(model, signal) {
      await call("/api/generate", signal, { model, keep_alive: 0, stream: false });
    },
    async load(model, { keepAlive, options }, signal) {
      await call("/api/generate", signal, { model, keep_alive: keepAlive, stream: false, options }, loading);
    },
  };
}

/** Ollama's names: no tag means `latest`. */
export function fullName(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1).includes(":") ? model : `${model}:latest`;
}
