/** Slash commands: a grammar derived from each tool's schema, without any model. */
import { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import { byNearness, nearest } from "../../core/nearest.ts";
import type { Tool } from "../../core/tool.ts";
import { fillReferences, wishOf } from "../memory/fill.ts";
import { attachedPictures, type Memory } from "../memory/memory.ts";
import type { Plan } from "../plan.ts";
import { withDatasets } from "../training/datasets.ts";
import { flagOf, propertiesOf, readFlag, valueField } from "./flags.ts";
import { helpAll, helpOf } from "./help.ts";
import { freeText, type Token, tokensOf } from "./tokens.ts";

function find(name: string, tools: readonly Tool[]): Tool {
  const lower = name.toLowerCase().replaceAll("-", "_");
  const tool = tools.find((entry) => entry.alias.toLowerCase() === lower || entry.name === lower);
  if (tool) return tool;
  const aliases = [...tools.map((entry) => entry.alias), "help"];
  const near = nearest(lower, aliases);
  throw new Failure(
    "unknown_tool",
    `There is no command /${name.slice(0, 60)}.${near ? ` Did you mean /${near}?` : ""} There are: ${byNearness(lower, aliases)
      .map((alias) => `/${alias}`)
      .join(", ")}.`,
  );
}

/** Free words fill the positional fields in order; the last takes the rest of the line. */
function fillPositional(tool: Tool, free: readonly Token[], input: JsonObject, memory: Memory): void {
  const fields = (tool.positional ?? []).filter((field) => !(field in input));
  const rest = [...free];
  const references = new Set<string>([...(tool.artifactFields ?? []), "job_id"]);
  // "that" may be left out where a file is attached
  const attached = attachedPictures(memory).length === 1;
  // a bare number alone counts the pictures; "3x" does not
  const mayLeaveOut = (text: string) => attached && !/^\d+$/.test(text);
  // "/upscale that 2x": what belongs to another field is not part of the reference
  while ((rest.length > 1 || mayLeaveOut(rest[0]?.text ?? "")) && fields.length > 0 && references.has(fields.at(-1) ?? "")) {
    const value = valueField(tool, rest.at(-1)?.text ?? "", input);
    if (!value) break;
    input[value[0]] = value[1];
    rest.pop();
  }
  for (const [at, field] of fields.entries()) {
    const words = at === fields.length - 1 ? freeText(rest.splice(0)) : (rest.shift()?.text ?? "");
    if (words !== "") input[field] = words;
    else if (tool.artifactFields?.includes(field) && attached) input[field] = "that";
    // there is one card, and one training on it
    else if (field === "job_id" && wishOf(tool.name) === "training") input[field] = "that";
  }
  const [left] = rest;
  if (!left) return;
  const flags = Object.keys(propertiesOf(tool)).map(flagOf);
  throw new Failure(
    "invalid_input",
    `/${tool.alias} takes no words such as "${left.text.slice(0, 60)}". ${flags.length ? `Its flags: ${flags.join(", ")}.` : "It stands alone."}`,
  );
}

function read(tool: Tool, tokens: readonly Token[], memory: Memory): JsonObject {
  const input: JsonObject = {};
  const free: Token[] = [];
  let at = 0;
  let flags = true;
  while (at < tokens.length) {
    const token = tokens[at] as Token;
    if (flags && token.raw === "--") {
      flags = false;
      at++;
    } else if (flags && !token.quoted && /^--\p{L}/u.test(token.raw)) at = readFlag(tool, tokens, at, input);
    else {
      free.push(token);
      at++;
    }
  }
  fillPositional(tool, free, input, memory);
  return fillReferences(tool, input, memory);
}

const say = (text: string): Plan => ({ planner: "slash", calls: [], text });

/** Failures `unknown_tool` and `invalid_input` name what there is. What the fields may hold is the schema's business. */
export function planSlash(line: string, tools: readonly Tool[], memory: Memory): Plan {
  const [, name = "", rest = ""] = /^\/(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  const tokens = tokensOf(rest);
  if (/^(help|h|\?)$/i.test(name)) {
    const [about] = tokens;
    return say(about ? helpOf(find(about.text.replace(/^\//, ""), tools)) : helpAll(tools));
  }
  const tool = find(name, tools);
  if (tokens.some((token) => !token.quoted && (token.raw === "--help" || token.raw === "-h"))) return say(helpOf(tool));
  return { planner: "slash", calls: withDatasets([{ tool: tool.name, input: read(tool, tokens, memory) }], memory), text: "" };
}
