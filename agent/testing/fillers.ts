/** A fake Ollama whose model cannot call tools and fills in forms: one that understands, and ones that only copy. */
import type { JsonObject } from "../../core/json.ts";
import { silentLog } from "../../core/log.ts";
import { type ChatModelSource, chatModelOf } from "../model.ts";
import type { Entry } from "./evals.ts";
import { type FakeOllama, startFakeOllama } from "./fake-ollama.ts";

/** What is put into a field. */
export type Filler = (field: string, request: string) => string;

const wordsIn = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);

/** Knows the sets' expected words, as a capable model would find them: the longest whose words are all in the request. Otherwise it copies. */
export function sensible(entries: readonly Entry[]): Filler {
  const known = entries.flatMap(({ calls }) => calls.map(({ input }) => input));
  return (field, request) => {
    const has = wordsIn(request);
    const fitting = known
      .flatMap((input) => input[field] ?? [])
      .filter((text): text is string => typeof text === "string" && [...wordsIn(text)].every((word) => has.has(word)))
      .sort((a, b) => b.length - a.length);
    return fitting[0] ?? copying(field, request);
  };
}

/** The worst that passes for the person's own words: it never leaves the prompt empty. */
export const copying: Filler = (field, request) => (field === "prompt" ? request.split(" ").slice(1).join(" ") : "");

/** The form and the request, out of what Ollama was asked. */
export function askedToFill(body: JsonObject): { fields: string[]; request: string } | undefined {
  const format = body["format"] as { properties?: JsonObject } | undefined;
  const messages = (body["messages"] ?? []) as { role: string; content: string }[];
  const last = messages.at(-1)?.content ?? "";
  if (!format?.properties || !last.startsWith("REQUEST ")) return undefined;
  return { fields: Object.keys(format.properties), request: JSON.parse(last.slice("REQUEST ".length)) as string };
}

export async function startFiller(filler: Filler): Promise<{ ollama: FakeOllama; model: ChatModelSource }> {
  const ollama = await startFakeOllama({
    models: ["olmo2:7b"],
    replies(body) {
      const asked = askedToFill(body);
      if (!asked) return { status: 400, error: "a filler is only asked to fill" };
      return { text: JSON.stringify(Object.fromEntries(asked.fields.map((field) => [field, filler(field, asked.request)]))) };
    },
  });
  const seen = { get: async () => false, set: async () => {} };
  return { ollama, model: chatModelOf({ ollama: { url: ollama.url, configured: false }, seen, log: silentLog }) };
}
