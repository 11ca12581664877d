/** A new picture: the object of a drawing verb, its options, and "three pictures of …". */
import type { JsonObject } from "../../core/json.ts";
import type { PlannedCall } from "../plan.ts";
import { type Compiled, toNumber } from "./compile.ts";
import type { Placed } from "./frames.ts";
import type { Meaning } from "./meaning.ts";
import { fieldsOf, takeLeading, takeOptions } from "./options.ts";

/** "a fox in snow, and a fox at night": as many items as were announced, or it is one prompt. */
function items(text: string, count: number | undefined): string[] | undefined {
  const parts = text
    .split(/\s*[,;]\s*(?:and |und |y )?|\s+(?:and|und|y)\s+/iu)
    .map((part) => part.trim())
    .filter(Boolean);
  return count !== undefined && count > 1 && parts.length === count ? parts : undefined;
}

/** "a square picture of X", "3 photos of X": what it shows, how many and in which shape. */
function unwrap(object: string, language: Compiled): { prompts: string[]; fields: JsonObject } | undefined {
  const groups = language.picture.exec(object)?.groups;
  const shown = groups?.["object"];
  if (!groups || !shown) return undefined;
  const count = groups["count"] === undefined ? undefined : toNumber(groups["count"], language);
  const shape = groups["aspect"] ?? groups["aspect2"];
  const aspect = shape === undefined ? {} : fieldsOf({ aspect: shape }, language);
  const separate = groups["list"] ? items(shown, count) : undefined;
  if (separate) return { prompts: separate, fields: { ...aspect } };
  const fields: JsonObject = { ...aspect, ...(count === undefined || count === 1 ? {} : { count }) };
  const medium = groups["medium"]?.toLowerCase();
  if (groups["style"] ?? groups["style2"]) return { prompts: [object], fields: { ...aspect } };
  if (!medium) return { prompts: [shown], fields };
  // a photo is not a drawing: the medium stays in the prompt
  const plural = language.grammar.mediums[medium];
  if (plural) return { prompts: [`${plural} ${shown}`], fields };
  return { prompts: [object], fields: { ...aspect } };
}

function verbMedium(placed: Placed, clause: string, language: Compiled): string {
  const verb = Object.keys(language.grammar.verbMediums).find((word) => new RegExp(`\\b${word}\\b`, "i").test(clause));
  return verb && !placed.frame.picture ? (language.grammar.verbMediums[verb] ?? "") : "";
}

/** "generate a forest, 768x512" names no picture, but only a picture has these (and a film, which we cannot make). */
function shaped({ frame }: Placed, words: string, fields: JsonObject, language: Compiled): boolean {
  const has = ["width", "aspect", "model", "loras"].some((name) => fields[name] !== undefined);
  return has && frame.shaped === true && language.article.test(words) && !language.other.test(words);
}

export function drawCalls(placed: Placed, language: Compiled): Meaning | undefined {
  const given = placed.groups["object"]?.trim() ?? "";
  if (given === "" || language.idiom.test(given)) return undefined;
  // "two pictures: a fox, a hare" is a list, "768x512: a bridge" is not
  const leading = language.picture.test(given) ? { rest: given, fields: {} } : takeLeading(given, language);
  const { rest, fields } = takeOptions(leading.rest, language, false);
  const picture = unwrap(rest, language);
  if (!picture && placed.frame.picture && !shaped(placed, rest, { ...leading.fields, ...fields }, language)) return undefined;
  // "can you draw cats?" may ask what I am able to do
  if (!picture && placed.frame.polite && /^\p{L}+$/u.test(rest)) return undefined;
  if (language.empty.test(rest)) return { problem: 'Say what to draw, such as "draw a red fox in fresh snow, wide".' };
  const prompts = picture?.prompts ?? [rest];
  const medium = placed.groups["verb"] ? verbMedium(placed, placed.groups["verb"], language) : "";
  const calls = prompts.map((prompt): PlannedCall => {
    const words = medium && !picture ? `${medium} ${prompt}` : prompt;
    return { tool: "render_image", input: { prompt: words, ...leading.fields, ...picture?.fields, ...fields } };
  });
  return { calls };
}
