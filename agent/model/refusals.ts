/** What a server without a list of capabilities says when it cannot do something, and for how long that is believed. */
import type { Refusal } from "./wire.ts";

type Kind = "tools" | "schema" | "pictures";

/** A server that was started again with other options is asked again after so many milliseconds. */
const believed = 600_000;

const denied =
  /not (?:be )?(?:support|available|allow|enable|multimodal)|n['’]t (?:support|accept|handle)|unsupported|requires? |no endpoints|unknown|unrecogni[sz]ed|invalid|extra (?:inputs|fields)|only text/i;

const says = ({ status, said }: Refusal, about: RegExp): boolean =>
  status !== 401 && status !== 403 && status !== 429 && about.test(said) && denied.test(said);

/** vLLM: '"auto" tool choice requires --enable-auto-tool-choice'; llama.cpp: "tools param requires --jinja flag"; Ollama: "does not support tools". */
export const refusesTools = (refusal: Refusal): boolean => says(refusal, /\btools?\b|tool[_ -]?(?:choice|call|use)|function[_ -]?call/i);

export const refusesSchema = (refusal: Refusal): boolean =>
  says(refusal, /response[_ -]?format|json[_ -]?schema|structured|guided|grammar/i);

/** A server that knows no parts of a message calls the whole message wrong, so that 400 and 422 are enough. */
export const refusesPictures = (refusal: Refusal): boolean =>
  [400, 415, 422].includes(refusal.status) || says(refusal, /image|picture|vision|multi-?modal|mmproj/i);

/** Too much for this context says nothing about the next picture. */
export const refusesSize = ({ said }: Refusal): boolean => /context|length|tokens?\b|too (?:large|long|many|big)/i.test(said);

export function refusals(now: () => number = Date.now) {
  const since = new Map<Kind, number>();
  return {
    add(kind: Kind): void {
      since.set(kind, now());
    },
    has(kind: Kind): boolean {
      const at = since.get(kind);
      return at !== undefined && now() - at < believed;
    },
  };
}
