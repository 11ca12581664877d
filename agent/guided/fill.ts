/** One open call → the call with its free text filled in by the model, or undefined where the model said nothing that can be trusted. */
import type { JsonObject } from "../../core/json.ts";
import type { Tool } from "../../core/tool.ts";
import type { PlanningModel } from "../model/answer.ts";
import type { PlannedCall } from "../plan.ts";
import { languages } from "../rules/compile.ts";
import { readRequest } from "../rules/plan.ts";
import type { Open } from "../rules/reading.ts";
import { type Form, formOf } from "./fields.ts";
import { messagesFor } from "./prompt.ts";
import { readerOf } from "./signs.ts";
import { isOwnWords, keepsNumbers, wordsOf } from "./trust.ts";

const readers = languages.flatMap((language) => readerOf(language) ?? []);

/** Values of a list that the request holds as a word, or as the word of one of our languages for it. */
function saidIn(request: string) {
  const words = new Set(wordsOf(request));
  return (_field: string, values: readonly string[]): string[] => {
    const meant = languages.flatMap(({ grammar }) =>
      Object.entries(grammar.aspects).flatMap(([word, value]) => (words.has(word) ? value : [])),
    );
    return values.filter((value) => words.has(value.toLowerCase()) || meant.includes(value));
  };
}

/** A model that repeats the asking ("draw a fox") said as much as one that does not: the rules take it off word by word. */
function withoutAsking(text: string): string {
  const plain = languages.reduce((words, { tail }) => words.replace(tail, ""), text.trim().replace(/(?<![\s,.!?])[\s,.!?]+$/u, ""));
  const calls = readRequest(plain, { attachments: [], jobs: [] })?.calls ?? [];
  const [only, another] = calls;
  return only && !another && typeof only.input["prompt"] === "string" && Object.keys(only.input).length === 1
    ? only.input["prompt"]
    : plain;
}

/** Undefined where a field that is needed holds nothing of the person's own, or the whole request was copied. */
function trusted(form: Form, answer: Record<string, string>, { request, usable }: Open): JsonObject | undefined {
  const fields: JsonObject = {};
  for (const name of [...form.text, ...form.optional]) {
    const said = answer[name] ?? "";
    // who may use a person's words only has no more to say than they had
    if (said.length > request.length + 100) return undefined;
    const text = withoutAsking(said);
    if (text === "" && form.optional.includes(name)) continue;
    if (!isOwnWords(text, usable)) return undefined;
    fields[name] = text;
  }
  for (const name of Object.keys(form.choices)) if (answer[name]) fields[name] = answer[name];
  return fields;
}

export async function fillIn(
  model: PlanningModel,
  tool: Tool,
  call: PlannedCall & { open: Open },
  signal: AbortSignal,
): Promise<PlannedCall | undefined> {
  const { request } = call.open;
  const { input } = call;
  const form = formOf(tool, input, {
    lacks: readers.some(({ lacks }) => lacks.test(request)),
    said: saidIn(request),
    fields: call.open.fields ?? [],
  });
  const tokens = 60 + request.length;
  const answer = await model.ask(messagesFor(tool, form, request), [], { signal, onText() {}, form: { schema: form.schema, tokens } });
  // what was cut is not whole even where it happens to parse
  const read = answer.cut ? undefined : form.parse(answer.text.trim());
  const fields = read && trusted(form, read, call.open);
  if (!fields) return undefined;
  const filled = { ...input, ...fields };
  return keepsNumbers(request, filled) ? { tool: call.tool, input: filled } : undefined;
}
