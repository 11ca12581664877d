/** Room for one job: what fits together stays, else one after the other gives its memory back, and what cannot be had is waited for. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { Log } from "../../core/log.ts";
import type { CardHold, ChatMemory } from "../../core/ports/card.ts";
import type { Engine } from "../../core/ports/engine.ts";
import type { Metrics } from "../../core/ports/metrics.ts";
import { fits, neverFits, spareGb, strangersGb, type Wanted } from "./fit.ts";
import type { Loaded } from "./loaded.ts";
import { gigabytes, type Look, lookAt, sumGb } from "./look.ts";
import { type Released, releaseChecked } from "./release.ts";

/** Family of trainings: never beside anything, for one that spills over into RAM is a hundred times slower. */
export const aloneFamily = "train";

export const chatModel: Holder = { name: "The chat model" };

export interface RoomParts {
  engines: readonly Engine[];
  chat?: ChatMemory;
  vramGb: number;
  loaded: Loaded;
  log: Log;
  metrics: Pick<Metrics, "cardReleased">;
  /** Milliseconds: that one release may take, that is waited for more of it, that a chat turn may go on before its model is taken away, that a stranger is waited for, between two looks. */
  times: { release: number; settle: number; turn: number; stranger: number; poll: number };
}

export interface RoomFor {
  engine: Engine;
  job: Pick<Job, "family" | "vramGb">;
  hold: CardHold;
  signal: AbortSignal;
  note(text: string): void;
}

/** Without an engine: the chat model. */
export interface Holder {
  name: string;
  engine?: Engine;
}

export interface Room {
  /** Failure `out_of_memory` where somebody else holds what is needed for longer than the limit. */
  make(wish: RoomFor): Promise<void>;
  /** The job's own work is on the card already, from an attempt that is dead: everything else leaves it. */
  keepFor(wish: RoomFor): Promise<void>;
  /** Everything but this family gives its memory back; whether anything was there. */
  clear(wish: RoomFor): Promise<boolean>;
  /** @param about the engine whose view of the card is taken. */
  release(holder: Holder, about: Pick<RoomFor, "engine" | "signal">): Promise<Released>;
  /** What is on the card, in words. */
  tell(about: Pick<RoomFor, "engine" | "signal">): Promise<string>;
}

/** Throws the abort's own reason. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

export function createRoom(parts: RoomParts): Room {
  const { chat, loaded, times } = parts;
  const look = (engine: Engine, signal: AbortSignal) => lookAt(parts.engines, engine, chat, signal);

  const wantedBy = async ({ engine, job, hold }: RoomFor): Promise<Wanted> => ({
    vramGb: job.vramGb,
    loaded: loaded.has(engine.id, job.family),
    othersGb: loaded.besides(engine.id),
    besideGb: loaded.beside(engine.id, job.family),
    turnsGb: (await hold.turns()) ?? 0,
    limitGb: parts.vramGb,
  });

  const release: Room["release"] = async ({ name, engine }, { engine: first, signal }) => {
    const before = await look(first, signal);
    const ours = before.chat.filter((model) => model.ours);
    const work = engine ? engine.release?.bind(engine) : chat?.release;
    if (!work || (!engine && ours.length === 0)) return { outcome: "freed" };
    const done = await releaseChecked(work, {
      look: (limit) => look(first, limit),
      before,
      // an engine's own word says when it is empty; how much it held between two jobs nobody knows
      expectedGb: engine ? 0 : sumGb(ours),
      times,
      signal,
    });
    parts.metrics.cardReleased(engine?.id ?? "chat", done.outcome);
    if (engine && done.outcome !== "kept") loaded.empty(engine.id);
    if (done.outcome === "kept") parts.log.warn({ engine: name, why: done.why }, "memory of the card was not given back");
    return done;
  };

  /** Turns that were let onto the card before the job took it end first: what they say would break off. */
  async function awaitTurns({ hold, signal, note }: RoomFor): Promise<void> {
    const end = Date.now() + times.turn;
    for (let said = false; (await hold.turns()) !== undefined && Date.now() < end; said = true) {
      if (!said) note("Waiting for a chat answer to end before its model leaves the graphics card");
      await pause(times.poll, signal);
    }
  }

  const others = (engine: Engine) => parts.engines.filter((other) => other.gpu && other !== engine && other.release);

  /** Those that may give way, in this order; the engine's own models last, for loading them again is the job's time. */
  function holders({ engine: own }: RoomFor): Holder[] {
    const engines = [...others(own), ...(own.release ? [own] : [])];
    return [...(chat ? [chatModel] : []), ...engines.map((engine) => ({ name: engine.title, engine }))];
  }

  function say(name: string, { outcome, why }: Released, note: RoomFor["note"]): void {
    if (outcome === "unchecked") note(`Memory of the graphics card was asked back from ${name}; whether it is free cannot be told`);
    if (outcome === "kept") note(`${name} did not give back its memory of the graphics card: ${why}`);
  }

  /** Returns those that kept what they hold. */
  async function giveWay(wish: RoomFor, enough: () => Promise<boolean>, among = holders(wish)): Promise<Holder[]> {
    const kept: Holder[] = [];
    for (const holder of among) {
      if (!holder.engine) await awaitTurns(wish);
      const done = await release(holder, wish);
      say(holder.name, done, wish.note);
      if (done.outcome === "kept") kept.push(holder);
      if (await enough()) return [];
    }
    return kept;
  }

  /** What our own do not hold is somebody else's, such as a game. It is waited for, and asked for nothing; what of ours was kept is asked again. */
  async function awaitRest(wish: RoomFor, alone: boolean, first: Holder[]): Promise<void> {
    const { engine, job, signal, note } = wish;
    const end = Date.now() + times.stranger;
    for (let kept = first; ; ) {
      const [seen, wanted] = [await look(engine, signal), await wantedBy(wish)];
      const inTheWay = alone && (kept.length > 0 || sumGb(seen.chat) > 0);
      if (!inTheWay && (seen.freeGb === undefined || neverFits(seen, wanted) || fits(seen, wanted))) return;
      const what = inTheWayOf(seen, kept, engine);
      const more = seen.freeGb === undefined ? "" : `, ${gigabytes(seen.freeGb)} are free`;
      const said = `${what}; ${job.family} needs ${alone ? "the card for itself" : gigabytes(job.vramGb)}${more}`;
      if (Date.now() >= end) throw new Failure("out_of_memory", `${said}. Close what holds it, then retry the job.`, { retryable: true });
      note(`${said}. Waiting up to ${Math.max(1, Math.round(times.stranger / 60_000))} minutes`);
      await pause(times.poll, signal);
      const still: Holder[] = [];
      for (const holder of kept) if ((await release(holder, wish)).outcome === "kept") still.push(holder);
      kept = still;
    }
  }

  function inTheWayOf(seen: Look, kept: readonly Holder[], engine: Engine): string {
    const models = seen.chat.map(({ name, gb, ours }) => `${name} in Ollama (${gigabytes(gb)}${ours ? "" : ", not loaded by MySpinBot"})`);
    const known = [...models, ...kept.flatMap((holder) => (holder.engine ? `${holder.name}, which does not give it back` : []))];
    const strangers = strangersGb(seen, loaded.besides(engine.id));
    const rest =
      strangers > 0 ? `${gigabytes(strangers)} of the graphics card are held by something else` : "the graphics card is not free";
    return known.length > 0 ? `${rest}; it holds ${known.join(" and ")}` : rest;
  }

  return {
    release,
    async make(wish) {
      const { engine, job, hold, signal, note } = wish;
      const alone = job.family === aloneFamily;
      let [seen, wanted] = [await look(engine, signal), await wantedBy(wish)];
      const enough = async () => {
        [seen, wanted] = [await look(engine, signal), await wantedBy(wish)];
        return !alone && fits(seen, wanted);
      };
      if (alone || !fits(seen, wanted)) {
        note("Freeing memory of the graphics card");
        // where it never fits whole, its engine moves its own models in and out by itself: to unload them would only load them again for each job
        const among = holders(wish).filter((holder) => alone || holder.engine !== engine || !neverFits(seen, wanted));
        await awaitRest(wish, alone, await giveWay(wish, enough, among));
        await enough();
      }
      signal.throwIfAborted();
      await hold.spare(alone ? 0 : spareGb(seen, wanted));
      loaded.add(engine.id, job.family, job.vramGb);
    },
    async keepFor(wish) {
      const others = holders(wish).filter(({ engine }) => engine !== wish.engine);
      await giveWay(wish, async () => false, others);
    },
    async clear(wish) {
      const { engine, job, hold, signal } = wish;
      const seen = await look(engine, signal);
      const found = sumGb(seen.chat) > 0 || loaded.besides(engine.id) > 0 || loaded.beside(engine.id, job.family) > 0;
      if (!found) return false;
      await hold.spare(0);
      await giveWay(wish, async () => false);
      loaded.add(engine.id, job.family, job.vramGb);
      return true;
    },
    async tell({ engine, signal }) {
      const seen = await look(engine, signal);
      const known = [
        ...loaded.list(parts.engines).map(({ title, family, gb }) => `${title} with ${family} (${gigabytes(gb)})`),
        ...seen.chat.map(({ name, gb }) => `${name} in Ollama (${gigabytes(gb)})`),
      ];
      const strangers = strangersGb(seen, loaded.total());
      if (strangers >= 1) known.push(`something else (${gigabytes(strangers)})`);
      return known.join(", ");
    },
  };
}
