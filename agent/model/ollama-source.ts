/** Ollama as the source of the planning model: finds it, asks what it can, and gives its VRAM back. */
import { Failure } from "../../core/failure.ts";
import type { ChatModelOptions, ChatModelSource, PlannerChoice } from "../model.ts";
import type { Tuning } from "./answer.ts";
import { ollamaModel } from "./ollama.ts";
import { fullName, ollamaApi } from "./ollama-api.ts";
import { ollamaMemory } from "./ollama-memory.ts";
import { placesOn } from "./placement.ts";

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

/** Milliseconds for a request to reach Ollama, which from then on tells of it. */
const underWay = 10_000;

export function createOllamaSource({ ollama, seen, log, card, whileBusy = "cpu" }: ChatModelOptions, tuning: Tuning): ChatModelSource {
  const { url, model: wanted } = ollama;
  const api = ollamaApi(url);
  const ours = new Set<string>(wanted ? [fullName(wanted)] : []);
  /** The choice is looked up again when the list of models changes. */
  let last: { list: string; pick: Chosen } | undefined;
  const name = wanted ? `The chat model ${wanted}` : "The chat model";

  const places = placesOn(card, whileBusy);
  const memory = ollamaMemory({
    ...{ api, url, places, tuning, ours },
    async next(signal) {
      const found = await pick(signal);
      return typeof found === "object" && "model" in found ? found.model : undefined;
    },
  });

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
      const models = await api.installed(signal);
      memory.installed(models);
      const list = models.map((model) => model.name);
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

  /** The smaller model for a card that is busy: where it is named it is not replaced by another. */
  async function standIn(model: string, signal: AbortSignal): Promise<Chosen> {
    const capabilities = await api.capabilities(model, signal).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw down(cause);
    });
    if (!capabilities) throw missing(model);
    return chosen(model, capabilities);
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
      const busy = typeof whileBusy === "object" && !(await places.free(memory.loadOf(found.model)));
      const { model: name, tools, thinks, sees } = busy ? await standIn(whileBusy.model, signal) : found;
      ours.add(fullName(name));
      const place = (when: AbortSignal) => memory.place(name, when);
      const model = ollamaModel({ url, model: name, thinks, sees, tuning, down, missing, place });
      return tools ? { planner: "native", model } : { planner: "guided", model, better: `ollama pull ${suggested}` };
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

    release: memory.release,
    memory,
    async onCpu(model) {
      if (model !== undefined) ours.add(fullName(model));
      const place = await places.take(model === undefined ? { model: "another" } : memory.loadOf(model));
      setTimeout(place.leave, underWay).unref();
      return place.cpu;
    },
  };
}
