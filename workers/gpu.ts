/** Who holds VRAM: what fits together stays, else the others give theirs back before the next family is loaded. */
import type { Job } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Engine, Engines } from "../core/ports/engine.ts";

export interface GpuParts {
  engines: Engines;
  /** Gives the chat model's memory back; absent where there is none. */
  releaseChatModel?: (signal: AbortSignal) => Promise<void>;
  /** GB that may be used at most (`MYSPINBOT_VRAM_GB`), whatever the engine says is free. */
  vramGb: number;
  log: Log;
  /** Milliseconds that one release may take. Default 30 000. */
  patience?: number;
}

export interface Gpu {
  /** Returns when the family may be loaded. A release that fails is logged, not fatal: the engine itself says when it is out of memory. */
  makeRoom(engine: Engine, job: Pick<Job, "family" | "vramGb">, signal: AbortSignal, note: (text: string) => void): Promise<void>;
  /** "I need my PC": everything that is ours is unloaded. */
  releaseAll(signal: AbortSignal): Promise<void>;
}

/** GB that the desktop and the driver keep. */
const reserve = 1;

export function createGpu(parts: GpuParts): Gpu {
  let holder: string | undefined;

  async function release(name: string, work: ((signal: AbortSignal) => Promise<void>) | undefined, signal: AbortSignal): Promise<void> {
    if (!work) return;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(parts.patience ?? 30_000)]);
    try {
      await work(limit);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      parts.log.warn({ err: error, engine: name }, "memory of the card was not given back");
    }
  }

  const freeGb = async (engine: Engine): Promise<number | undefined> => (await engine.status().catch(() => undefined))?.vramFreeGb;

  return {
    async makeRoom(engine, { family, vramGb }, signal, note) {
      if (holder === family) return;
      const free = await freeGb(engine);
      // an engine that does not tell is taken to be alone on the card with whatever it held before
      const fits = (gb: number | undefined) => gb !== undefined && Math.min(gb, parts.vramGb) >= vramGb + reserve;
      if (!fits(free)) {
        note("Freeing memory of the graphics card");
        await release("chat model", parts.releaseChatModel, signal);
        for (const other of parts.engines.all)
          if (other.gpu && other !== engine) await release(other.id, other.release?.bind(other), signal);
        if (holder !== undefined && !fits(await freeGb(engine))) await release(engine.id, engine.release?.bind(engine), signal);
      }
      signal.throwIfAborted();
      holder = family;
    },
    async releaseAll(signal) {
      holder = undefined;
      await release("chat model", parts.releaseChatModel, signal);
      for (const engine of parts.engines.all) if (engine.gpu) await release(engine.id, engine.release?.bind(engine), signal);
    },
  };
}
