/** "… then draw me with it": a picture with what the message trains, or with the LoRA that was made just before. */
import type { Memory } from "../../memory/memory.ts";
import { findKnown, plannedAsset } from "../../training/known.ts";
import type { Clause } from "../clauses.ts";
import { type Compiled, toNumber } from "../compile.ts";
import { takeOptions } from "../options.ts";
import type { ReadCall } from "../reading.ts";
import type { TrainingWish } from "./wish.ts";

/** By name, with the words that call it up; those of a wish are known when all of the message is read. */
export interface Drawn {
  lora: { wish: TrainingWish } | { name: string; triggerWords: readonly string[] };
  /** The trigger words stand for who is to be seen. */
  shown: boolean;
}

/** What "it" means: what this message trains, else the LoRA that the newest job here made or makes. */
function meant(calls: readonly ReadCall[], memory: Memory): Drawn["lora"] | undefined {
  const wish = calls.findLast((call) => call.wish?.kind === "train")?.wish;
  if (wish) return { wish };
  const job = memory.jobs.findLast(({ makes }) => makes?.kind === "lora");
  const made = job && plannedAsset({ tool: "train_lora", input: job.input });
  // it may be called otherwise by now
  const known = job && (memory.known ?? []).find((one) => one.kind === "lora" && one.job === job.id);
  return known ?? (made && findKnown(memory.known ?? [], "lora", made.name));
}

/** @param draw what a clause without "with it" means by itself. */
export function drawnWith(
  { text, question }: Clause,
  calls: readonly ReadCall[],
  memory: Memory,
  language: Compiled,
  draw: (clause: Clause) => ReadCall[] | undefined,
): ReadCall[] | undefined {
  const { withIt, drawn } = language.training;
  const said = withIt.test(text);
  const here = calls.some((call) => call.wish?.kind === "train");
  if (!said && !here) return undefined;
  const lora = meant(calls, memory);
  if (!lora) return undefined;
  const { rest: plain, fields } = takeOptions(text, language, false);
  const without = said ? plain.replace(withIt, "").trim() : plain;
  const groups = drawn.exec(without)?.groups;
  const rest = groups?.["rest"];
  if (groups && (rest === undefined || language.change.test(rest))) {
    const count = groups["count"] === undefined ? undefined : toNumber(groups["count"], language);
    const input = { prompt: rest ?? "", ...(count === undefined || count === 1 ? {} : { count }), ...fields };
    return [{ tool: "render_image", input, drawn: { lora, shown: true } }];
  }
  if (!said) return undefined;
  const found = draw({ text: without, question });
  if (!found?.every(({ tool }) => tool === "render_image")) return undefined;
  return found.map((call) => ({ ...call, input: { ...call.input, ...fields }, drawn: { lora, shown: false } }));
}
