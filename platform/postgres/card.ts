/** The card's ledger: one row of the settings, changed under its lock. Tells nobody: whoever needs it asks. */
import { eq, sql } from "drizzle-orm";
import { emptyCardState } from "../../core/card.ts";
import type { CardLedger, CardState } from "../../core/ports/card.ts";
import { settings } from "./schema.ts";
import { type Db, transact } from "./transact.ts";

const name = "card";

export function cardLedger(db: Db): CardLedger {
  return {
    change: (work) =>
      transact(db, async (tx, later) => {
        later(
          tx
            .insert(settings)
            .values({ name, value: emptyCardState() as never })
            .onConflictDoNothing(),
        );
        const [row] = await tx
          // one clock for all processes, whatever their own say
          .select({ value: settings.value, now: sql<string>`extract(epoch from clock_timestamp()) * 1000` })
          .from(settings)
          .where(eq(settings.name, name))
          .for("update");
        const state = { ...emptyCardState(), ...(row?.value as Partial<CardState> | null) };
        const before = JSON.stringify(state);
        const result = work(state, Math.round(Number(row?.now)));
        if (JSON.stringify(state) !== before)
          later(
            tx
              .update(settings)
              .set({ value: state as never })
              .where(eq(settings.name, name)),
          );
        return result;
      }),
  };
}
