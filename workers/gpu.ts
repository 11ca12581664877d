/** The card, one job at a time: it is marked as taken, room is made, the work runs, and what fits together stays for the next one. */
import { Failure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Card, ChatMemory } from "../core/ports/card.ts";
import type { Engine, Engines } from "../core/ports/engine.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import { createLoaded } from "./gpu/loaded.ts";
import { aloneFamily, chatModel, createRoom, type RoomFor } from "./gpu/room.ts";
import { createWarm } from "./gpu/warm.ts";
import { insist } from "./insist.ts";

export interface GpuParts {
  engines: Engines;
  card: Card;
  /** Absent where no chat model shares the card. */
  chat?: ChatMemory;
  /** GB that may be used at most (`MYSPINBOT_VRAM_GB`), whatever the engine says is free. */
  vramGb: number;
  /** Name of this worker process. */
  worker: string;
  /** Whether work for the card waits: then nothing is warmed. */
  waits?: () => Promise<boolean>;
  metrics: Pick<Metrics, "cardReleased">;
  log: Log;
  times?: Partial<GpuTimes>;
}

/** All in milliseconds. */
export interface GpuTimes {
  /** That one release may take. */
  release: number;
  /** That more of it is waited for where less became free than was expected. */
  settle: number;
  /** That a chat answer may go on before its model leaves the card. */
  turn: number;
  /** That memory is waited for which something else holds. */
  stranger: number;
  /** Between two looks at the card. */
  poll: number;
  /** Without work before the chat model is loaded again. */
  quiet: number;
  /** Since somebody talked; later nobody waits for the chat model. */
  talk: number;
  /** That a job which was told to stop may still hold the card. */
  letGo: number;
}

const usual: GpuTimes = {
  release: 30_000,
  settle: 3_000,
  turn: 60_000,
  stranger: 600_000,
  poll: 250,
  quiet: 3_000,
  talk: 600_000,
  letGo: 60_000,
};

export interface Use {
  signal: AbortSignal;
  note(text: string): void;
  /** Whether the work can begin anew: nothing of it is saved yet. */
  fresh(): boolean;
}

export interface Gpu {
  /** Runs the work with room for its family. Work that runs out of memory runs once more with the card for itself, where it had company. */
  use(engine: Engine, job: Pick<Job, "family" | "vramGb"> & { id?: string }, how: Use, work: () => Promise<void>): Promise<void>;
  /** "I need my PC": everything that is ours is unloaded, and nothing is loaded before the next job. */
  releaseAll(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export function createGpu(parts: GpuParts): Gpu {
  const { card, log } = parts;
  const times = { ...usual, ...parts.times };
  const engines = parts.engines.all;
  const loaded = createLoaded();
  const shared = { engines, loaded, log, ...(parts.chat ? { chat: parts.chat } : {}) };
  const room = createRoom({ ...shared, vramGb: parts.vramGb, metrics: parts.metrics, times });
  const warm = createWarm({ ...shared, card, room, times, waits: parts.waits ?? (async () => false) });

  const isOutOfMemory = (error: unknown): error is Failure => error instanceof Failure && error.code === "out_of_memory";

  /** The same failure, saying what was on the card. */
  async function named(error: Failure, wish: RoomFor): Promise<Failure> {
    const there = await room.tell(wish).catch(() => "");
    const more = there ? ` On the card: ${there}.` : "";
    return new Failure(error.code, `${error.message}${more}`, { cause: error.cause, retryable: error.retryable });
  }

  async function run(wish: RoomFor, how: Use, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isOutOfMemory(error) || wish.signal.aborted) throw error;
      const there = await named(error, wish);
      if (wish.job.family === aloneFamily || !how.fresh() || !(await room.clear(wish))) throw there;
      log.warn({ err: there, family: wish.job.family }, "out of memory; once more with the card for itself");
      wish.note("The graphics card ran out of memory; trying once more with everything else unloaded");
      try {
        await work();
      } catch (again) {
        throw isOutOfMemory(again) ? await named(again, wish) : again;
      }
    }
  }

  return {
    async use(engine, job, how, work) {
      const { signal, note } = how;
      await warm.stop();
      // before anything is released: what is let onto the card from now on fits beside the job
      const hold = await insist(() => card.take(parts.worker, job), signal, log);
      // work that does not obey must not mark the card for ever
      const letGo = () => setTimeout(() => void hold.end(), times.letGo).unref();
      if (signal.aborted) letGo();
      else signal.addEventListener("abort", letGo, { once: true });
      try {
        const wish = { engine, job, hold, signal, note };
        // what an earlier attempt began and what still goes on has the card already: ending it to make room would lose its steps
        const goesOn = job.id !== undefined && (await engine.atWork?.(job.id, signal).catch(() => false));
        await (goesOn ? room.keepFor(wish) : room.make(wish));
        await run(wish, how, work);
      } finally {
        signal.removeEventListener("abort", letGo);
        // a trainer's process has ended, and its memory with it
        if (job.family === aloneFamily) loaded.empty(engine.id);
        await hold.end();
        warm.soon();
      }
    },
    async releaseAll(signal) {
      await warm.stop();
      const all = [
        ...(parts.chat ? [chatModel] : []),
        ...engines.filter(({ gpu }) => gpu).map((engine) => ({ name: engine.title, engine })),
      ];
      const [first] = engines.filter(({ gpu }) => gpu);
      for (const holder of all) if (first) await room.release(holder, { engine: first, signal });
    },
    close: () => warm.stop(),
  };
}
