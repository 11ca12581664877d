/** Whether the facts are what clients were told: nothing lost, nothing twice, nothing left over, nothing in wrong hands. */

import type { Facts } from "./facts.ts";
import { judgeJobs } from "./judge-jobs.ts";
import { judgeStore } from "./judge-store.ts";
import type { Told } from "./told.ts";

export const faultWords = ["lost", "doubled", "orphaned", "foreign"] as const;
export type FaultWord = (typeof faultWords)[number];

export interface Finding {
  word: FaultWord;
  text: string;
}

export type Find = (word: FaultWord, text: string) => void;

export function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

export function judge(facts: Facts, told: readonly Told[]): Finding[] {
  const findings: Finding[] = [];
  const find: Find = (word, text) => void findings.push({ word, text });
  judgeJobs(facts, told, find);
  judgeStore(facts, told, find);
  return findings;
}
