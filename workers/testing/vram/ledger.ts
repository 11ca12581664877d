/** The card's ledger in memory, for one process; its clock can be set forward. */
import { emptyCardState } from "../../../core/card.ts";
import type { CardLedger, CardState } from "../../../core/ports/card.ts";

export function memoryLedger(): CardLedger & { state: CardState; later(ms: number): void } {
  let ahead = 0;
  const state = emptyCardState();
  return {
    state,
    later(ms) {
      ahead += ms;
    },
    change: async (work) => work(state, Date.now() + ahead),
  };
}
