/** Loads the chat model again once the card has nothing more to do and somebody is talking, so that their next word is not waited for. */
import type { Log } from "../../core/log.ts";
import type { Card, ChatMemory } from "../../core/ports/card.ts";
import type { Engine } from "../../core/ports/engine.ts";
import { reserveGb } from "./fit.ts";
import { lookAt } from "./look.ts";
import type { Room } from "./room.ts";

export interface WarmParts {
  engines: readonly Engine[];
  card: Card;
  chat?: ChatMemory;
  room: Pick<Room, "release">;
  /** Whether work for the card waits. */
  waits(): Promise<boolean>;
  log: Log;
  /** Milliseconds: without work before it is loaded, and since somebody talked. */
  times: { quiet: number; talk: number };
}

export interface Warm {
  /** The card is idle: in a moment, if it still is. */
  soon(): void;
  /** Stops what is under way and waits until it has stopped. */
  stop(): Promise<void>;
}

/** Whether it was loaded. */
export async function warmUp({ engines, card, chat, room, waits, times }: WarmParts, signal: AbortSignal): Promise<boolean> {
  if (!chat || (await waits())) return false;
  const { agoMs } = await card.talk();
  if (agoMs === undefined || agoMs > times.talk) return false;
  const load = await chat.next(signal);
  const first = engines.find((engine) => engine.gpu);
  if (!load || !first || (await chat.held(signal)).some(({ ours }) => ours)) return false;
  // nobody takes the card while this is held, or the job waits for it
  const seat = await card.enter(load, { quiet: true });
  if (!seat) return false;
  try {
    const fits = async () => ((await lookAt(engines, first, chat, signal)).freeGb ?? 0) >= (load.gb ?? 0) + reserveGb;
    for (const engine of engines) {
      if (await fits()) break;
      if (engine.gpu && engine.release) await room.release({ name: engine.title, engine }, { engine: first, signal });
    }
    await chat.warm(load, signal);
    return true;
  } finally {
    await seat.leave();
  }
}

export function createWarm(parts: WarmParts): Warm {
  let timer: NodeJS.Timeout | undefined;
  let running: { stop: AbortController; done: Promise<void> } | undefined;

  const begin = () => {
    const stop = new AbortController();
    const done = warmUp(parts, stop.signal)
      .then((loaded) => {
        if (loaded) parts.log.info({}, "the chat model was loaded again");
      })
      .catch((error: unknown) => {
        if (!stop.signal.aborted) parts.log.info({ err: error }, "the chat model was not loaded again");
      })
      .finally(() => {
        running = undefined;
      });
    running = { stop, done };
  };

  return {
    soon() {
      clearTimeout(timer);
      timer = setTimeout(begin, parts.times.quiet);
      timer.unref();
    },
    async stop() {
      clearTimeout(timer);
      running?.stop.abort(new Error("the card is needed"));
      await running?.done;
    },
  };
}
