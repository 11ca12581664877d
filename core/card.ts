/** The card over a shared ledger: leases that are kept alive while their work lasts, so that a dead process blocks nobody for ever. */
import { randomUUID } from "node:crypto";
import type { Card, CardLedger, CardState, ChatLoad } from "./ports/card.ts";

/** Milliseconds that a lease lives without a sign of life. */
const leaseMs = 30_000;

/** Names of chat models that are remembered. */
const mostModels = 8;

export function emptyCardState(): CardState {
  return { uses: {}, seats: {}, models: [] };
}

/** What is left when the dead are taken out. */
function living(state: CardState, now: number): CardState {
  for (const group of [state.uses, state.seats]) for (const [key, { until }] of Object.entries(group)) if (until <= now) delete group[key];
  return state;
}

/** The use of the chat model's card that leaves least; undefined where nothing runs there. */
const tightest = ({ uses }: CardState) =>
  Object.values(uses)
    .filter(({ apart }) => !apart)
    .sort((a, b) => a.spareGb - b.spareGb)[0];

/** Two turns of one model share it; one of unknown size fits nowhere. */
function sizeOf(loads: readonly ChatLoad[]): number {
  return [...new Map(loads.map(({ model, gb = Number.POSITIVE_INFINITY }) => [model, gb])).values()].reduce((sum, gb) => sum + gb, 0);
}

function onlyOnce(models: readonly string[]): string[] {
  return [...new Set(models)].slice(0, mostModels);
}

/** @param apart the card of this process is not the one that the chat model lies on: neither waits for the other. */
export function createCard(ledger: CardLedger, { apart = false } = {}): Card {
  /** Repeats while it returns true; a database that is away for a moment costs nothing, one that stays away costs the lease. */
  const keepAlive = (renew: () => Promise<boolean>): (() => void) => {
    const clock = setInterval(async () => {
      if (!(await renew().catch(() => true))) clearInterval(clock);
    }, leaseMs / 3);
    clock.unref();
    return () => clearInterval(clock);
  };

  return {
    async take(worker, { family, vramGb }) {
      const hold = randomUUID();
      let since = 0;
      let spareGb = 0;
      let ended = false;
      const mark = (state: CardState, now: number) => {
        state.uses[worker] = { hold, family, vramGb, spareGb, since, until: now + leaseMs, ...(apart ? { apart } : {}) };
      };
      await ledger.change((state, now) => {
        since = now;
        mark(living(state, now), now);
      });
      // undefined where another job of this worker has taken its place
      const mine = (state: CardState) => (state.uses[worker]?.hold === hold ? state.uses[worker] : undefined);
      const stop = keepAlive(() =>
        ledger.change((state, now) => {
          if (ended || (state.uses[worker] && !mine(state))) return false;
          // anew where a machine that slept was taken for dead: the job still has the card
          mark(state, now);
          return true;
        }),
      );
      return {
        spare(gb) {
          spareGb = gb;
          return ledger.change((state) => {
            const use = mine(state);
            if (use) use.spareGb = gb;
          });
        },
        turns: () =>
          ledger.change((state, now) => {
            const { seats } = living(state, now);
            return apart || Object.keys(seats).length === 0 ? undefined : sizeOf(Object.values(seats));
          }),
        async end() {
          ended = true;
          stop();
          await ledger
            .change((state) => {
              if (mine(state)) delete state.uses[worker];
            })
            .catch(() => undefined);
        },
      };
    },

    async enter(load: ChatLoad, { quiet = false } = {}) {
      const id = randomUUID();
      const granted = await ledger.change((state, now) => {
        living(state, now);
        if (!quiet) state.talkedAt = now;
        state.models = onlyOnce([load.model, ...state.models]);
        const use = tightest(state);
        if (use && sizeOf([...Object.values(state.seats), load]) > use.spareGb) return false;
        state.seats[id] = { ...load, until: now + leaseMs };
        return true;
      });
      if (!granted) return undefined;
      const stop = keepAlive(() =>
        ledger.change((state, now) => {
          const seat = state.seats[id];
          if (seat) seat.until = now + leaseMs;
          return seat !== undefined;
        }),
      );
      return {
        async leave() {
          stop();
          await ledger
            .change((state) => {
              delete state.seats[id];
            })
            .catch(() => undefined);
        },
      };
    },

    now: () =>
      ledger.change((state, now) => {
        const use = tightest(living(state, now));
        if (!use) return undefined;
        const { family, vramGb, spareGb, since } = use;
        return { family, vramGb, spareGb, since: new Date(since) };
      }),

    talk: () =>
      ledger.change(({ talkedAt, models }, now) => ({ agoMs: talkedAt === undefined ? undefined : now - talkedAt, models: [...models] })),
  };
}
