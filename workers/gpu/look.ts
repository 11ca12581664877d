/** What holds memory of the card, as far as each of its users tells. */
import type { ChatMemory, HeldModel } from "../../core/ports/card.ts";
import type { Engine } from "../../core/ports/engine.ts";

export interface Look {
  /** Of the card; undefined where no engine tells. */
  totalGb: number | undefined;
  /** For the engine of the job. */
  freeGb: number | undefined;
  /** Of these, what another program cannot have. */
  keptGb: number;
  /** The chat server's models on the card, ours and others'. */
  chat: HeldModel[];
}

export const sumGb = (models: readonly HeldModel[]): number => models.reduce((sum, { gb }) => sum + gb, 0);

/** Asks now; the engine of the job first, for another one may lie on another card. */
export async function lookAt(engines: readonly Engine[], first: Engine, chat: ChatMemory | undefined, signal: AbortSignal): Promise<Look> {
  const held = chat ? await chat.held(signal) : [];
  for (const engine of [first, ...engines.filter((other) => other.gpu && other !== first)]) {
    const told = await (engine.vram ? engine.vram(signal) : tellOf(engine)).catch(() => undefined);
    signal.throwIfAborted();
    if (!told) continue;
    const { totalGb, freeGb, keptGb = 0 } = told;
    return { totalGb, chat: held, ...(engine === first ? { freeGb, keptGb } : { freeGb: freeGb - keptGb, keptGb: 0 }) };
  }
  return { totalGb: undefined, freeGb: undefined, keptGb: 0, chat: held };
}

/** An engine that tells it only in its status, which may be a moment old. */
async function tellOf(engine: Engine): Promise<{ totalGb: number | undefined; freeGb: number; keptGb?: number } | undefined> {
  const { vramTotalGb, vramFreeGb } = await engine.status();
  return vramFreeGb === undefined ? undefined : { totalGb: vramTotalGb, freeGb: vramFreeGb };
}

/** As a person reads it: "5.1 GB", "7 GB". */
export const gigabytes = (gb: number): string => `${Math.round(gb * 10) / 10} GB`;
