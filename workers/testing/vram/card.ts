/** A card of 16 GB that keeps account: whoever takes more than there is gets what CUDA says, and it is written down. */

export interface FakeCard {
  readonly totalGb: number;
  freeGb(): number;
  /** GB of one holder; of all without a name. */
  heldGb(who?: string): number;
  holders(): string[];
  /** Adds to what the holder has. Throws where there is not so much. */
  take(who: string, gb: number): void;
  /** Gives so much back; everything without a number. */
  give(who: string, gb?: number): void;
  /** Every time somebody took more than there was. */
  readonly overflows: string[];
  /** The most that was ever held. */
  readonly peakGb: number;
  /** Called after each change. Returns how to stop. */
  watch(hear: () => void): () => void;
}

export function createFakeCard(totalGb = 16, desktopGb = 0.5): FakeCard {
  const held = new Map<string, number>([["desktop", desktopGb]]);
  const watchers = new Set<() => void>();
  const overflows: string[] = [];
  let peakGb = desktopGb;
  const sum = () => [...held.values()].reduce((all, gb) => all + gb, 0);
  const changed = () => {
    for (const hear of watchers) hear();
  };
  return {
    totalGb,
    freeGb: () => totalGb - sum(),
    heldGb: (who) => (who === undefined ? sum() : (held.get(who) ?? 0)),
    holders: () => [...held.keys()],
    take(who, gb) {
      const free = totalGb - sum();
      if (gb > free) {
        const there = [...held].map(([name, has]) => `${name} ${has.toFixed(2)}`).join(", ");
        overflows.push(`${who} wants ${gb.toFixed(2)} of ${free.toFixed(2)} GB; there are ${there}`);
        throw new Error(
          `Tried to allocate ${gb.toFixed(2)} GiB. GPU 0 has a total capacity of ${totalGb} GiB of which ${free.toFixed(2)} GiB is free.`,
        );
      }
      held.set(who, (held.get(who) ?? 0) + gb);
      peakGb = Math.max(peakGb, sum());
      changed();
    },
    give(who, gb) {
      const left = (held.get(who) ?? 0) - (gb ?? Number.POSITIVE_INFINITY);
      if (left > 1e-9) held.set(who, left);
      else held.delete(who);
      changed();
    },
    overflows,
    get peakGb() {
      return peakGb;
    },
    watch(hear) {
      watchers.add(hear);
      return () => void watchers.delete(hear);
    },
  };
}
