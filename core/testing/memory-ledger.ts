/** The card's ledger in memory, for one process; its clock can be set forward, and it can be away. */
import { emptyCardState } from "../card.ts";
import type { CardLedger, CardState } from "../ports/card.ts";

export function memoryLedger(): CardLedger & { state: CardState; away: boolean; later(ms: number): void } {
  let ahead = 0;
  const state = emptyCardState();
  return {
    state,
    away: false,
    later(ms) {
      ahead += ms;
    },
    async change(work) {
      if (this.away) throw new Error("the database is away");
      return work(state, Date.now() + ahead);
    },
  };
}
