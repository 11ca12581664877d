/** "Caption 3: a dog on grass" and "leave out picture 5": changes of a dataset, by the numbers under which its captions were shown. */
import type { JsonObject } from "../../../core/json.ts";
import type { Memory } from "../../memory/memory.ts";
import { findKnown } from "../../training/known.ts";
import type { Compiled } from "../compile.ts";
import type { Placed } from "../frames.ts";
import type { Meaning } from "../meaning.ts";
import { plainWords } from "./wish.ts";

/** The dataset that is meant: by name, else the newest of this conversation, else the person's newest. Undefined where they have none. */
function datasetMeant(name: string | undefined, memory: Memory): string | undefined {
  const datasets = (memory.known ?? []).filter(({ kind }) => kind === "dataset");
  if (name !== undefined) return findKnown(datasets, "dataset", plainWords(name))?.name ?? plainWords(name);
  const here = new Set(memory.jobs.map(({ id }) => id));
  return (datasets.find(({ job }) => here.has(job)) ?? datasets[0])?.name;
}

const edit = (input: JsonObject): Meaning => ({ calls: [{ tool: "edit_dataset", input }] });

export function captionChange({ groups }: Placed, memory: Memory): Meaning | undefined {
  const dataset = datasetMeant(groups["dataset"], memory);
  const caption = plainWords(groups["caption"] ?? "");
  if (dataset === undefined || !caption) return undefined;
  return edit({ dataset, captions: [{ picture: Number(groups["number"]), caption }] });
}

export function leaveOut({ groups }: Placed, memory: Memory, language: Compiled): Meaning | undefined {
  const dataset = datasetMeant(groups["dataset"], memory);
  const said = groups["numbers"] ?? "";
  const ordinal = language.grammar.ordinals[said.split(" ")[0]?.toLowerCase() ?? ""];
  const numbers = ordinal === undefined ? [...said.matchAll(/\d+/g)].map(([digits]) => Number(digits)) : [ordinal];
  if (dataset === undefined || numbers.length === 0) return undefined;
  return edit({ dataset, leave_out: numbers });
}

/** Several changes of one dataset in a message are one. */
export function joinedEdit(before: JsonObject, more: JsonObject): JsonObject | undefined {
  if (before["dataset"] !== more["dataset"]) return undefined;
  const both = (field: string) => {
    const [one, other] = [before[field], more[field]];
    const all = [...(Array.isArray(one) ? one : []), ...(Array.isArray(other) ? other : [])];
    return all.length > 0 ? { [field]: all } : {};
  };
  return { dataset: before["dataset"] ?? null, ...both("captions"), ...both("leave_out") };
}
