/** Fields that stand at the end of a request (", seed 7, 40 steps, wide"), taken off word by word; what is left is the picture. */
import type { JsonObject } from "../../core/json.ts";
import { type Compiled, toNumber } from "./compile.ts";

export interface Taken {
  rest: string;
  fields: JsonObject;
  /** A seed was asked to change, without saying to which. */
  newSeed: boolean;
}

/** One rule's groups as fields of the catalogue. Undefined where a group says nothing we know. */
export function fieldsOf(groups: Record<string, string | undefined>, language: Compiled): JsonObject | undefined {
  const fields: JsonObject = {};
  const { aspects } = language.grammar;
  for (const [name, text] of Object.entries(groups)) {
    if (text === undefined) continue;
    const words = text.trim();
    if (name === "aspect") {
      const aspect = /^\d+:\d+$/.test(words) ? words : aspects[words.toLowerCase()];
      if (!aspect) return undefined;
      fields["aspect"] = aspect;
    } else if (name === "size") {
      const [width, height] = words.split(/\s*(?:[x×]|by|mal|por)\s*/i).map(Number);
      if (!width || !height) return undefined;
      fields["width"] = width;
      fields["height"] = height;
    } else if (name === "steps" || name === "count") {
      const number = toNumber(words, language);
      if (number === undefined) return undefined;
      fields[name] = number;
    } else if (name === "seed" || name === "strength") fields[name] = Number(words.replace(",", "."));
    else if (name === "negative") fields["negative_prompt"] = words;
    else if (name === "model") fields["model"] = words;
    else if (name === "lora") {
      const weight = groups["weight"];
      fields["loras"] = [{ name: words, ...(weight ? { weight: Number(weight) } : {}) }];
    }
  }
  return fields;
}

function merge(into: JsonObject, more: JsonObject): JsonObject {
  const { loras, negative_prompt: negative } = into;
  const merged: JsonObject = { ...more, ...into };
  if (Array.isArray(loras) && Array.isArray(more["loras"])) merged["loras"] = [...more["loras"], ...loras];
  if (typeof negative === "string" && typeof more["negative_prompt"] === "string")
    merged["negative_prompt"] = `${more["negative_prompt"]}, ${negative}`;
  return merged;
}

/** More fields than there are: who says more of them writes no request, and every one is looked for in all that is left. */
const mostOptions = 24;

/** @param whole also take a text that is nothing but options ("landscape format", "50 steps"). */
export function takeOptions(text: string, language: Compiled, whole: boolean): Taken {
  let rest = text;
  let fields: JsonObject = {};
  let newSeed = false;
  let more = true;
  for (let turn = 0; more && rest !== "" && turn < mostOptions; turn++) {
    more = false;
    for (const { rule, whole: alone, atEnd } of language.options) {
      const found = (whole ? alone.exec(rest) : null) ?? atEnd.exec(rest);
      const read = found && fieldsOf(found.groups ?? {}, language);
      if (!found || !read) continue;
      if (found.index === 0 && !whole) continue;
      fields = merge(fields, read);
      newSeed ||= rule.fields?.["newSeed"] === true;
      rest = rest.slice(0, found.index).replace(/[\s,;:(]+$/, "");
      more = true;
      break;
    }
  }
  return { rest, fields, newSeed };
}

/** Options before the picture: "768x512: a bridge in fog". */
export function takeLeading(text: string, language: Compiled): Taken {
  const cut = text.indexOf(": ");
  if (cut <= 0) return { rest: text, fields: {}, newSeed: false };
  const { rest, fields, newSeed } = takeOptions(text.slice(0, cut), language, true);
  return rest === "" ? { rest: text.slice(cut + 2), fields, newSeed } : { rest: text, fields: {}, newSeed: false };
}
