/** What the rules have read so far: calls, some of them with a part that is still open. */
import type { Json, JsonObject } from "../../core/json.ts";
import type { PlannedCall } from "../plan.ts";
import type { Masked } from "./clauses.ts";
import type { Drawn } from "./training/drawn.ts";
import { plainWords, type TrainingWish } from "./training/wish.ts";

/** Words from which free text is still to be filled in: all of them, and those alone that may be used. */
export interface Open {
  request: string;
  usable: string;
  /** Free text that the tool could do without, and this request says. */
  fields?: string[];
}

export interface ReadCall extends PlannedCall {
  open?: Open;
  /** Field whose text is a quotation, to be taken without its marks. */
  quoted?: string;
  /** A training or dataset: its input is made when all of the message is read. */
  wish?: TrainingWish;
  /** A picture with what is trained. */
  drawn?: Drawn;
}

export interface Reading {
  calls: ReadCall[];
  /** What is said besides. */
  say: string[];
}

function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((entry: Json) => mapped(entry, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, mapped(entry, change)]));
}

function withoutMarks(input: JsonObject, field: string | undefined): JsonObject {
  const text = field === undefined ? undefined : input[field];
  return field !== undefined && typeof text === "string" ? { ...input, [field]: plainWords(text) } : input;
}

/** The calls with the quotations that were put aside back in their places; what was one object stays one. */
export function unmasked(calls: readonly ReadCall[], masked: Masked): ReadCall[] {
  const wishes = new Map<TrainingWish, TrainingWish>();
  const plain = <T>(value: T): T => mapped(value, masked.unmask) as T;
  const wishOf = (wish: TrainingWish): TrainingWish => {
    const known = wishes.get(wish) ?? plain(wish);
    wishes.set(wish, known);
    return known;
  };
  return calls.map(({ open, wish, drawn, quoted, ...call }) => ({
    tool: call.tool,
    input: withoutMarks(plain<JsonObject>(call.input), quoted),
    ...(open ? { open: plain(open) } : {}),
    ...(wish ? { wish: wishOf(wish) } : {}),
    ...(drawn ? { drawn: "wish" in drawn.lora ? { ...drawn, lora: { wish: wishOf(drawn.lora.wish) } } : drawn } : {}),
  }));
}
