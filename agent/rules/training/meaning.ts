/** What a clause about training does: a wish that is completed when all of the message is read, an order, or a change of what was trained. */
import type { AssetKind } from "../../../core/asset.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Memory } from "../../memory/memory.ts";
import { jobOf } from "../../memory/refer.ts";
import { trainingOf } from "../../memory/trainings.ts";
import { findKnown, type Known } from "../../training/known.ts";
import type { Masked } from "../clauses.ts";
import type { Compiled } from "../compile.ts";
import type { Placed } from "../frames.ts";
import type { TrainingDoes } from "../grammar.ts";
import type { Meaning } from "../meaning.ts";
import { captionChange, leaveOut } from "./edits.ts";
import { plainWords, readOptions } from "./wish.ts";

function wished({ frame, groups }: Placed, language: Compiled): Meaning | undefined {
  const options = readOptions(`${groups["rest"] ?? ""} ${groups["more"] ?? ""}`, language);
  if (!options) return undefined;
  const kind = frame.does === "dataset" ? "dataset" : "train";
  // what only a training has
  if (kind === "dataset" && ["trigger", "steps", "rank", "dataset", "seed"].some((field) => field in options)) return undefined;
  return { calls: [{ tool: kind === "train" ? "train_lora" : "make_dataset", input: {}, wish: { kind, ...options } }] };
}

/** "save it" and "that's enough" mean a training only where one runs. */
function order({ frame, groups }: Placed, clause: string, memory: Memory): Meaning | undefined {
  const ref = groups["ref"];
  const result = jobOf({ kind: "training", ...(ref === undefined ? {} : { name: plainWords(ref) }) }, memory, "training");
  if ("problem" in result) return /train|entren|sample|probebild|muestra/i.test(clause) ? result : undefined;
  return { calls: [{ tool: "steer_training", input: { job_id: result.found, ...frame.fields } }] };
}

function stop({ groups }: Placed, memory: Memory): Meaning {
  const ref = groups["ref"];
  const result = jobOf({ kind: "training", ...(ref === undefined ? {} : { name: plainWords(ref) }) }, memory, "training");
  if ("problem" in result) return result;
  return {
    problem:
      'Shall I keep what it has learned? Say "stop the training and keep it" to end it and use what there is, or "cancel the training" to throw it away.',
  };
}

const kinds: Record<string, AssetKind> = { lora: "lora" };
const kindOf = (word: string | undefined): AssetKind | undefined =>
  word === undefined ? undefined : (kinds[word.toLowerCase()] ?? "dataset");
const title = (kind: AssetKind) => (kind === "lora" ? "LoRA" : "dataset");

interface Named {
  ref: string;
  kind?: AssetKind;
}

/** The one asset that is meant; undefined where the name is nobody's and the clause may mean anything in the world. */
function assetOf({ ref, kind }: Named, known: readonly Known[]): { found: Known } | { problem: string } | undefined {
  const found = findKnown(known, kind, ref);
  if (found?.id) return { found };
  if (found) return { problem: `${found.name} is still being made. Ask again when it is there, or cancel its job: ${found.job}.` };
  if (kind === undefined) return undefined;
  const there = known.filter((one) => one.kind === kind && one.id).map(({ name }) => name);
  const has = there.length > 0 ? ` There are: ${there.slice(0, 20).join(", ")}.` : " You have none yet.";
  return { problem: `There is no ${title(kind)} "${ref.slice(0, 60)}" of yours.${has}` };
}

function change({ frame, groups }: Placed, memory: Memory): Meaning | undefined {
  const known = memory.known ?? [];
  const kind = kindOf(groups["kind"]);
  const ref = plainWords(groups["ref"] ?? "");
  const named: Named = { ref, ...(kind ? { kind } : {}) };
  const result = assetOf(named, known);
  if (!result || "problem" in result) return result;
  const both = kind === undefined && known.filter((one) => one.id && findKnown([one], undefined, ref)).length > 1;
  // a name is given back as easily as it was taken; what is deleted is gone
  if (both && frame.does === "delete")
    return {
      problem: `You have a LoRA and a dataset called ${result.found.name}. Say "delete the LoRA ${ref}" or "delete the dataset ${ref}".`,
    };
  const { name, kind: of } = (both && findKnown(known, "lora", ref)) || result.found;
  const input: JsonObject = { asset: name, kind: of };
  if (frame.does === "delete") return { calls: [{ tool: "delete_asset", input }] };
  return { calls: [{ tool: "rename_asset", input: { ...input, name: plainWords(groups["name"] ?? "") } }] };
}

export const trainingDoes: ReadonlySet<string> = new Set<TrainingDoes>([
  ...(["train", "dataset", "order", "stop", "rename", "delete", "caption", "leave_out"] as const),
]);

export function trainingMeaning(
  masked: Placed,
  said: Pick<Masked, "text" | "unmask">,
  memory: Memory,
  language: Compiled,
): Meaning | undefined {
  const { does } = masked.frame;
  // what is looked up among names must stand as it was written; options are read first, and then completed
  const looksUp = does !== "train" && does !== "dataset";
  const groups = Object.fromEntries(
    Object.entries(masked.groups).map(([name, text]) => [name, text === undefined ? text : said.unmask(text)]),
  );
  const placed = looksUp ? { ...masked, groups } : masked;
  if (does === "train" || does === "dataset") return wished(placed, language);
  if (does === "order") return order(placed, said.text, memory);
  if (does === "stop") return trainingOf(memory, () => true) ? stop(placed, memory) : undefined;
  if (does === "rename" || does === "delete") return change(placed, memory);
  return does === "caption" ? captionChange(placed, memory) : leaveOut(placed, memory, language);
}
