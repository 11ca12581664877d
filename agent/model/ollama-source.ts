/** Ollama as the source of the planning model: finds it, asks what it can, and gives its VRAM back. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { ChatModelOptions, ChatModelSource, PlannerChoice } from "../model.ts";
import type { Tuning } from "./answer.ts";
import { ollamaModel } from "./ollama.ts";
import { fullName, ollamaApi } from "./ollama-api.ts";

/** Small enough to share a 16 GB card with a render, and calls tools. */
const suggested = "qwen3:4b";

interface Chosen {
  model: string;
  tools: boolean;
  sees: boolean;
  /** Thinks aloud unless told not to: a plan of tool calls needs none of it, and it would fill the answer. */
  thinks: boolean;
}

type Pick = Chosen | "none" | { missing: string } | { down: unknown };

const chosen = (model: string, capabilities: readonly string[]): Chosen => ({
  model,
  tools: capabilities.includes("tools"),
  sees: capabilities.includes("vision"),
  thinks: capabilities.includes("thinking"),
});

export function createOllamaSource({ ollama, seen, log }: ChatModelOptions, tuning: Tuning): ChatModelSource {
  const { url, model: wanted } = ollama;
  const api = ollamaApi(url);
  const ours = new Set<string>(wanted ? [fullName(wanted)] : []);
  /** The choice is looked up again when the list of models changes. */
  let last: { list: string; pick: Chosen } | undefined;
  const name = wanted ? `The chat model ${wanted}` : "The chat model";

  const down = (cause: unknown) =>
    new Failure("model_unavailable", `${name} cannot be reached: Ollama at ${url} does not answer. Start it with: ollama serve`, {
      cause,
      retryable: true,
    });
  const missing = (model: string) =>
    new Failure("model_unavailable", `The chat model ${model} is not installed in Ollama at ${url}. Get it with: ollama pull ${model}`);

  async function pickFrom(list: string[], signal: AbortSignal): Promise<Pick> {
    if (wanted) {
      const capabilities = await api.capabilities(wanted, signal);
      return capabilities ? chosen(wanted, capabilities) : { missing: wanted };
    }
    let talks: Chosen | undefined;
    for (const model of list) {
      const capabilities = (await api.capabilities(model, signal)) ?? [];
      if (capabilities.includes("tools")) return chosen(model, capabilities);
      // servers before 0.6.4 tell none; a model that only embeds fills in nothing
      if (capabilities.includes("completion") || capabilities.length === 0) talks ??= chosen(model, capabilities);
    }
    return talks ?? "none";
  }

  async function pick(signal: AbortSignal): Promise<Pick> {
    try {
      const list = await api.installed(signal);
      const key = list.join(" ");
      if (last?.list === key) return last.pick;
      const found = await pickFrom(list, signal);
      if (typeof found === "object" && "model" in found) {
        last = { list: key, pick: found };
        await seen.set();
        log.info({ model: found.model, tools: found.tools, url }, "chat model found");
      }
      return found;
    } catch (cause) {
      signal.throwIfAborted();
      return { down: cause };
    }
  }

  const expected = async () => ollama.configured || wanted !== undefined || (await seen.get());
  return {
    async choose(signal): Promise<PlannerChoice> {
      const found = await pick(signal);
      if (found === "none") {
        if (await expected()) throw missing(wanted ?? suggested);
        return { planner: "rules", note: `Planned by rules: Ollama has no model yet (ollama pull ${suggested} brings one).` };
      }
      if ("missing" in found) throw missing(found.missing);
      if ("down" in found) {
        if (await expected()) throw down(found.down);
        return { planner: "rules" };
      }
      ours.add(fullName(found.model));
      const { thinks, sees } = found;
      const model = ollamaModel({ url, model: found.model, thinks, sees, tuning, down, missing });
      return found.tools ? { planner: "native", model } : { planner: "guided", model, better: `ollama pull ${suggested}` };
    },

    async status() {
      try {
        const found = await pick(AbortSignal.timeout(4000));
        if (found === "none")
          return {
            planner: "rules",
            url,
            note: `Ollama at ${url} has no model; plain requests and slash commands work`,
            fix: `ollama pull ${suggested}`,
          };
        if ("missing" in found)
          return {
            planner: "native",
            model: found.missing,
            url,
            note: `${found.missing} is not installed in Ollama at ${url}`,
            fix: `ollama pull ${found.missing}`,
          };
        if ("down" in found) {
          if (!(await expected()))
            return {
              planner: "rules",
              note: "no chat model; plain requests and slash commands work",
              fix: `ollama serve, then ollama pull ${suggested}`,
            };
          return { planner: "native", model: wanted ?? "Ollama", url, note: `Ollama at ${url} does not answer`, fix: "ollama serve" };
        }
        if (found.tools) return { planner: "native", model: found.model, url };
        return {
          planner: "guided",
          model: found.model,
          url,
          note: `${found.model} cannot call tools; rules plan, and it fills in words (ollama pull ${suggested} brings one that can)`,
        };
      } catch {
        return { planner: "native", model: wanted ?? "Ollama", url, note: `Ollama at ${url} does not answer`, fix: "ollama serve" };
      }
    },

    async release(signal) {
      const loaded = async () => (await api.loaded(signal)).filter((model) => ours.has(fullName(model)));
      let mine: string[];
      try {
        mine = ours.size > 0 ? await loaded() : [];
      } catch {
        // a server that is not there holds no VRAM
        signal.throwIfAborted();
        return;
      }
      for (const model of mine) await api.unload(model, signal);
      for (let look = 0; mine.length > 0 && look < 50; look++) {
        mine = await loaded();
        if (mine.length > 0) await sleep(200, undefined, { signal });
      }
      if (mine.length > 0)
        throw new Failure("engine_failed", `Ollama keeps ${mine.join(", ")} in memory. Stop it with: ollama stop ${mine[0]}`, {
          retryable: true,
        });
    },
  };
}
