/** Where a request's model runs: on the card while nothing else does or it fits beside, else as the person configured it. */
import type { Card, ChatLoad } from "../../core/ports/card.ts";

/** `MYSPINBOT_CHAT_WHILE_BUSY`: on the processor, on the card all the same, or another (smaller) model. */
export type WhileBusy = "cpu" | "gpu" | { model: string };

export interface Place {
  cpu: boolean;
  /** The request has ended. Never throws. */
  leave(): Promise<void>;
}

export interface Places {
  /** For one request, until it leaves. */
  take(load: ChatLoad): Promise<Place>;
  /** Whether it would be let onto the card now. */
  free(load: ChatLoad): Promise<boolean>;
  /** Models that this studio has talked with, in any process, the last first. */
  models(): Promise<string[]>;
}

const anywhere: Place = { cpu: false, async leave() {} };
const processor: Place = { cpu: true, async leave() {} };

/** @param card absent where nothing of ours runs on one. */
export function placesOn(card: Card | undefined, whileBusy: WhileBusy): Places {
  if (!card) return { take: async () => anywhere, free: async () => true, models: async () => [] };
  return {
    async take(load) {
      // a ledger that cannot be asked may hide a job
      const seat = await card.enter(load).catch(() => undefined);
      if (!seat) return whileBusy === "gpu" ? anywhere : processor;
      return { cpu: false, leave: seat.leave };
    },
    async free({ gb }) {
      const use = await card.now().catch(() => ({ spareGb: 0 }));
      return !use || (gb !== undefined && gb <= use.spareGb);
    },
    models: async () => (await card.talk()).models,
  };
}
