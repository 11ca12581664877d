/** Which one tool a clause is recognisably meant for, where the rules cannot place all of its words. Rules choose; a model never does. */
import type { JsonObject } from "../../core/json.ts";
import type { Tool } from "../../core/tool.ts";
import type { Memory } from "../memory/memory.ts";
import type { Clause } from "../rules/clauses.ts";
import { type Compiled, toNumber } from "../rules/compile.ts";
import { takeOptions } from "../rules/options.ts";
import type { Guess } from "../rules/plan.ts";
import type { Open, ReadCall } from "../rules/reading.ts";
import { freeTextOf, requiredOf } from "./fields.ts";
import { looseMedia } from "./media.ts";
import { readerOf } from "./signs.ts";
import { looseTraining } from "./training.ts";

type OpenCall = ReadCall & { open: Open };

/** Longer is a story, not a request. */
const longest = 400;
/** Put in place of quotations: what somebody wrote commands nothing. */
const quotation = /\uE000/;

function newPicture({ text, question }: Clause, language: Compiled): OpenCall | undefined {
  const reader = readerOf(language);
  if (!reader) return undefined;
  const { rest, fields } = takeOptions(text, language, false);
  const words = rest.replace(reader.harmless, " ").replace(/\s+/g, " ").trim();
  if (reader.never.test(words) || language.later.test(` ${words}`) || language.past.test(` ${words}`)) return undefined;
  if (question && !reader.asks.test(rest)) return undefined;
  const noun = reader.noun.exec(words);
  const verb = reader.verb.exec(words);
  const wished = noun !== null && reader.wish.test(words.slice(0, noun.index + 1).trimEnd());
  const object = wished ? noun.groups?.["object"] : verb?.groups?.["object"];
  if (!object || quotation.test(words.slice(0, words.length - object.length))) return undefined;
  // "a picture of my wallet was stolen" is told, "draw the line" an idiom
  if (
    language.finite.test(` ${object}`) ||
    language.idiom.test(object) ||
    (wished && language.idiom.test(words.slice(noun.index))) ||
    language.empty.test(object)
  )
    return undefined;
  const count = wished && noun.groups?.["count"] ? toNumber(noun.groups["count"], language) : undefined;
  return {
    tool: "render_image",
    input: { ...(count === undefined || count === 1 ? {} : { count }), ...fields },
    open: { request: rest, usable: wished ? words.slice(noun.index) : object },
  };
}

/** "speak good morning everyone": a tool that the rules have no words for, by its own name as a command. */
function byName({ text, question }: Clause, tools: readonly Tool[], memory: Memory, language: Compiled): OpenCall | undefined {
  if (question || readerOf(language)?.never.test(text)) return undefined;
  const first = /^[\p{L}_]+/u.exec(text)?.[0].toLowerCase();
  const tool = tools.find(({ name, alias }) => first === alias || first === name.split("_")[0]);
  if (!tool || text.trim().toLowerCase() === first) return undefined;
  const input: JsonObject = {};
  const free = freeTextOf(tool);
  for (const field of requiredOf(tool)) {
    if (free.includes(field)) continue;
    // a file is never named by the model: the attached one, or nothing
    if (!tool.artifactFields?.includes(field) || memory.attachments.length !== 1) return undefined;
    input[field] = "that";
  }
  return free.some((field) => requiredOf(tool).includes(field))
    ? { tool: tool.name, input, open: { request: text, usable: text.slice(first?.length) } }
    : undefined;
}

/** @param tools those that are planned for; tools that the rules know are recognised by the rules' own words. */
export function recogniser(tools: readonly Tool[], known: ReadonlySet<string>): Guess {
  const jobs = tools.filter((tool) => tool.kind === "job" && !known.has(tool.name));
  return (clause, memory, language) => {
    if (clause.text.length > longest) return undefined;
    return (
      looseTraining(clause, language) ??
      newPicture(clause, language) ??
      looseMedia(clause, language) ??
      byName(clause, jobs, memory, language)
    );
  };
}
