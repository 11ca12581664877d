/** "Draw biscuit on the beach": who has a LoRA of that name means it, and need not say so. */
import type { JsonObject } from "../../core/json.ts";
import { isPlainWord } from "../guided/trust.ts";
import type { Memory } from "../memory/memory.ts";
import type { PlannedCall } from "../plan.ts";
import { type Known, plannedAsset } from "./known.ts";

type Named = Pick<Known, "name" | "triggerWords">;

/** Tools whose prompt is drawn, and that take LoRAs. */
export const drawing: ReadonlySet<string> = new Set(["render_image", "make_clip"]);

/** As many as a picture takes. */
const most = 8;

const indefinite =
  /^(?:a|an|some|any|another|one|two|three|four|five|six|seven|eight|nine|ten|\d+|ein|eine|einen|einem|einer|zwei|drei|vier|fünf|un|una|unos|unas|dos|tres|cuatro|cinco)$/iu;
/** Words behind an indefinite article that may still belong to it: "a happy little biscuit". */
const reach = 3;

const literal = (words: string) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** "a biscuit on a plate" is no name; "biscuit on a plate" is. */
function behindArticle(before: string): boolean {
  const words = before.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  for (const word of words.slice(-reach).reverse()) {
    if (indefinite.test(word)) return true;
    if (isPlainWord(word)) return false;
  }
  return false;
}

/** The prompt with what was found taken out, so that "biscuit" is not found in "biscuit 2" again; undefined where it is not named. */
function without(prompt: string, { name, triggerWords }: Named): string | undefined {
  if (name.length < 2 || isPlainWord(name)) return undefined;
  const found = [...prompt.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${literal(name)}(?![\\p{L}\\p{N}])`, "giu"))];
  const named = found.some(({ index }) => !behindArticle(prompt.slice(0, index)));
  const said = triggerWords.filter((words) => words.includes(" ") && prompt.toLowerCase().includes(words.toLowerCase()));
  if (!named && said.length === 0) return undefined;
  return [name, ...said].reduce((rest, words) => rest.replaceAll(new RegExp(literal(words), "giu"), "\uE002"), prompt);
}

function namedIn(prompt: string, loras: readonly Named[]): string[] {
  const names: string[] = [];
  let rest = prompt;
  for (const lora of loras.toSorted((a, b) => b.name.length - a.name.length)) {
    const left = without(rest, lora);
    if (left === undefined || names.length === most) continue;
    rest = left;
    names.push(lora.name);
  }
  return names;
}

/** Calls whose words name a LoRA that the person has, or that an earlier call of the plan will make, with it. What they chose themselves stays. */
export function withOwnLoras<Call extends PlannedCall>(calls: readonly Call[], memory: Pick<Memory, "known">): Call[] {
  const loras: Named[] = (memory.known ?? []).filter(({ kind }) => kind === "lora");
  return calls.map((call) => {
    const made = plannedAsset(call);
    if (made?.kind === "lora") loras.push(made);
    const { prompt } = call.input;
    if (!drawing.has(call.tool) || typeof prompt !== "string" || call.input["loras"] !== undefined) return call;
    const names = namedIn(prompt, loras);
    return names.length > 0 ? { ...call, input: { ...call.input, loras: names.map((name): JsonObject => ({ name })) } } : call;
  });
}
