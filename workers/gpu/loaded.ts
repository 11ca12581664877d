/** What our own jobs have loaded into each engine since it last gave its memory back: an account, not a measurement. */
import type { Engine } from "../../core/ports/engine.ts";

export interface Loaded {
  add(engine: string, family: string, gb: number): void;
  empty(engine: string): void;
  has(engine: string, family: string): boolean;
  /** GB in all other engines. */
  besides(engine: string): number;
  /** GB of this engine's other families. */
  beside(engine: string, family: string): number;
  total(): number;
  list(engines: readonly Engine[]): { title: string; family: string; gb: number }[];
}

export function createLoaded(): Loaded {
  const entries = new Map<string, { engine: string; family: string; gb: number }>();
  const sum = (which: (entry: { engine: string; family: string }) => boolean) =>
    [...entries.values()].filter(which).reduce((total, { gb }) => total + gb, 0);
  const key = (engine: string, family: string) => `${engine} ${family}`;
  return {
    add: (engine, family, gb) => void entries.set(key(engine, family), { engine, family, gb }),
    empty(id) {
      for (const [name, { engine }] of entries) if (engine === id) entries.delete(name);
    },
    has: (engine, family) => entries.has(key(engine, family)),
    besides: (id) => sum(({ engine }) => engine !== id),
    beside: (id, name) => sum(({ engine, family }) => engine === id && family !== name),
    total: () => sum(() => true),
    list: (engines) =>
      [...entries.values()].map(({ engine, family, gb }) => ({
        title: engines.find(({ id }) => id === engine)?.title ?? engine,
        family,
        gb,
      })),
  };
}
