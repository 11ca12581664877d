/** What Ollama's models take of the card, and how it is given back and taken again. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { ChatLoad, ChatMemory } from "../../core/ports/card.ts";
import { type Tuning, tuned } from "./answer.ts";
import { loadOptions } from "./ollama.ts";
import { fullName, type OllamaApi, type RunningModel } from "./ollama-api.ts";
import type { Place, Places } from "./placement.ts";

/** A file of weights becomes this much more in memory: context, buffers, a projector. Used until Ollama has told the real size. */
const estimate = (fileGb: number) => fileGb * 1.2 + 0.5;

/** Milliseconds for a model to go once nobody asks it any more. */
const leaving = 10_000;
/** For a copy on the processor: a person waits for it. */
const yielding = 1000;
const step = 50;

export interface OllamaMemory extends ChatMemory {
  /** Tells of installed files, by full name. */
  installed(models: readonly { name: string; gb: number | undefined }[]): void;
  loadOf(model: string): ChatLoad;
  /** For one request to this model. */
  place(model: string, signal: AbortSignal): Promise<Place>;
}

export function ollamaMemory(parts: {
  api: OllamaApi;
  url: string;
  places: Places;
  tuning: Tuning;
  /** Full names of models that this process has chosen. */
  ours: Set<string>;
  /** What the next turn would choose; undefined where there is none. */
  next(signal: AbortSignal): Promise<string | undefined>;
}): OllamaMemory {
  const { api, places, tuning, ours } = parts;
  const files = new Map<string, number>();
  const told = new Map<string, number>();
  /** Models that we put onto the processor. */
  const copies = new Set<string>();

  async function running(signal: AbortSignal): Promise<RunningModel[]> {
    const models = (await api.running(signal)).map((model) => ({ ...model, name: fullName(model.name) }));
    for (const { name, gb, cardGb } of models) if (cardGb > 0) told.set(name, gb);
    return models;
  }

  /** A server that is not there holds nothing. */
  async function held(signal: AbortSignal): Promise<{ name: string; gb: number; ours: boolean }[]> {
    try {
      const found = (await running(signal)).filter(({ cardGb }) => cardGb > 0);
      if (found.length === 0) return [];
      const talked = new Set([...ours, ...(await places.models())]);
      return found.map(({ name, cardGb }) => ({ name, gb: cardGb, ours: talked.has(name) }));
    } catch {
      signal.throwIfAborted();
      return [];
    }
  }

  async function gone(look: () => Promise<readonly unknown[]>, ms: number, signal: AbortSignal): Promise<boolean> {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(step, undefined, { signal }))
      if ((await look()).length === 0) return true;
    return false;
  }

  /** Ollama answers a request that leaves the layers open from a copy on the processor, as long as there is one: it must go first. */
  async function offProcessor(name: string, signal: AbortSignal): Promise<void> {
    // on a machine without a card every model lies there
    if (!copies.has(name) && !told.has(name)) return;
    const copy = async () => (await running(signal)).filter((entry) => entry.name === name && entry.cardGb === 0);
    if ((await copy()).length > 0) {
      await api.unload(name, signal);
      // it stays while another answer comes from it; then this one does too
      if (!(await gone(copy, yielding, signal))) return;
    }
    copies.delete(name);
  }

  const loadOf = (model: string): ChatLoad => {
    const name = fullName(model);
    const file = files.get(name);
    const gb = told.get(name) ?? (file === undefined ? undefined : estimate(file));
    return { model: name, ...(gb === undefined ? {} : { gb }) };
  };

  return {
    held,
    loadOf,
    installed(models) {
      for (const { name, gb } of models) if (gb) files.set(fullName(name), gb);
    },

    async place(model, signal) {
      const name = fullName(model);
      const place = await places.take(loadOf(model));
      if (place.cpu) copies.add(name);
      else
        await offProcessor(name, signal).catch(async (error: unknown) => {
          // anything else the request itself will meet
          if (!signal.aborted) return;
          await place.leave();
          throw error;
        });
      return place;
    },

    async release(signal) {
      const mine = async () => (await held(signal)).filter((model) => model.ours);
      const found = await mine();
      // one after the other on a server that went meanwhile: then it holds nothing any more
      for (const { name } of found) await api.unload(name, signal).catch(() => signal.throwIfAborted());
      if (found.length === 0 || (await gone(mine, leaving, signal))) return;
      const names = (await mine()).map(({ name }) => name);
      throw new Failure("engine_failed", `Ollama keeps ${names.join(", ")} in memory. Stop it with: ollama stop ${names[0]}`, {
        retryable: true,
      });
    },

    async next(signal) {
      const model = await parts.next(signal);
      return model === undefined ? undefined : loadOf(model);
    },

    async warm({ model }, signal) {
      const { keepAlive } = tuned(tuning);
      await offProcessor(model, signal);
      await api.load(model, { keepAlive, options: loadOptions(tuning) }, signal);
    },
  };
}
