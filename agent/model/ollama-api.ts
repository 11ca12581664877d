/** The few calls of Ollama's own API that choose and unload a model; chatting itself is LangChain's. */
import { z } from "zod";

const tags = z.object({ models: z.array(z.object({ name: z.string() })).nullish() });
const shown = z.object({ capabilities: z.array(z.string()).optional() });
const running = z.object({ models: z.array(z.object({ name: z.string(), model: z.string().optional() })).nullish() });

/** A server that is there answers these at once. */
const patience = 5000;

export interface OllamaApi {
  /** Names of installed models, newest first; throws where nobody answers. */
  installed(signal: AbortSignal): Promise<string[]>;
  /** `['completion', 'tools', …]`; undefined = no such model. Servers before 0.6.4 tell none: an empty list. */
  capabilities(model: string, signal: AbortSignal): Promise<string[] | undefined>;
  /** Names of models in memory. */
  loaded(signal: AbortSignal): Promise<string[]>;
  unload(model: string, signal: AbortSignal): Promise<void>;
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
  const call = async (path: string, signal: AbortSignal, body?: object) => {
    const response = await again(`${url}${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
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
    installed: async (signal) => (tags.parse(await call("/api/tags", signal)).models ?? []).map(({ name }) => name),
    async capabilities(model, signal) {
      const answer = await call("/api/show", signal, { model });
      return answer === undefined ? undefined : (shown.parse(answer).capabilities ?? []);
    },
    loaded: async (signal) => (running.parse(await call("/api/ps", signal)).models ?? []).map((entry) => entry.model ?? entry.name),
    async unload(model, signal) {
      await call("/api/generate", signal, { model, keep_alive: 0, stream: false });
    },
  };
}

/** Ollama's names: no tag means `latest`. */
export function fullName(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1).includes(":") ? model : `${model}:latest`;
}
