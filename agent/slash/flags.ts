/** Flags of a command, derived from the tool's JSON Schema: `--negative-prompt`, any clear beginning of it, `--size 1344x768`, `--lora name:0.8`, `--settings {"resolution": 768}`. */
import { Failure } from "../../core/failure.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { nearest } from "../../core/nearest.ts";
import type { Tool } from "../../core/tool.ts";
import { toolView } from "../../core/tool-view.ts";
import type { Token } from "./tokens.ts";

export interface Property {
  type?: string;
  description?: string;
  enum?: Json[];
  const?: Json;
  default?: Json;
  anyOf?: Property[];
  items?: { type?: string; properties?: Record<string, Property> };
  properties?: Record<string, Property>;
}

export function propertiesOf(tool: Tool): Record<string, Property> {
  return (toolView(tool).input_schema["properties"] ?? {}) as unknown as Record<string, Property>;
}

export const flagOf = (field: string) => `--${field.replaceAll("_", "-")}`;

const sized = (fields: readonly string[]) => fields.includes("width") && fields.includes("height");

/** Every flag a tool takes, as help shows them. */
export function flagsOf(tool: Tool): string[] {
  const fields = Object.keys(propertiesOf(tool));
  return [...fields.map(flagOf), ...(sized(fields) ? ["--size"] : [])];
}

function fieldOf(tool: Tool, flag: string): string {
  const wanted = flag.toLowerCase().replaceAll("_", "-");
  const flags = flagsOf(tool);
  const fits = flags.filter((known) => known === wanted);
  const begins = fits.length > 0 ? fits : flags.filter((known) => known.startsWith(wanted));
  const [found, ...more] = begins;
  if (found && more.length === 0) return found.slice(2).replaceAll("-", "_");
  if (more.length > 0) throw new Failure("invalid_input", `${flag} may be ${begins.join(" or ")}: write more of it.`);
  const near = nearest(wanted, flags);
  throw new Failure(
    "invalid_input",
    `/${tool.alias} has no ${flag.slice(0, 60)}.${near ? ` Did you mean ${near}?` : ""} There are: ${flags.join(", ") || "none"}.`,
  );
}

function scalar(property: Property, text: string): Json {
  const kinds = [property, ...(property.anyOf ?? [])];
  const allowed = kinds.flatMap((kind) => kind.enum ?? (kind.const === undefined ? [] : [kind.const]));
  const number = /^x?[-+]?\d*\.?\d+x?$/i.test(text) ? Number(text.replaceAll(/x/gi, "")) : undefined;
  if (number !== undefined && (allowed.includes(number) || kinds.some(({ type }) => type === "integer" || type === "number")))
    return number;
  return allowed.find((value) => typeof value === "string" && value.toLowerCase() === text.toLowerCase()) ?? text;
}

/** `name:0.8` or `3:a dog on grass` for a list of objects: their two fields in order; a name may hold a colon itself. */
function entry(property: Property, text: string): Json {
  const fields = Object.entries(property.items?.properties ?? {});
  if (fields.length === 0) return scalar(property.items ?? {}, text);
  const [[first, numbered] = ["", {}], [second, kind] = ["", {}]] = fields;
  const [, number, words] = numbered.type === "integer" ? (/^(\d+)\s*:\s*(.+)$/su.exec(text) ?? []) : [];
  if (number !== undefined && words !== undefined && second) return { [first]: Number(number), [second]: words };
  const cut = text.lastIndexOf(":");
  const value = cut > 0 && second ? scalar(kind, text.slice(cut + 1)) : undefined;
  return typeof value === "number" && second ? { [first]: text.slice(0, cut), [second]: value } : { [first]: text };
}

const truth: Record<string, boolean> = { true: true, yes: true, on: true, "1": true, false: false, no: false, off: false, "0": false };

/** The tokens of a JSON object that was typed with blanks and without quotes around it: up to the one that closes it, or the next flag. */
function objectTokens(tokens: readonly Token[], at: number): Token[] {
  const [first] = tokens.slice(at);
  if (!first || first.quoted || !/^'?\{/.test(first.raw)) return first ? [first] : [];
  const taken: Token[] = [];
  let open = 0;
  for (const token of tokens.slice(at)) {
    if (!token.quoted && taken.length > 0 && /^--\p{L}/u.test(token.raw)) break;
    taken.push(token);
    if (!token.quoted) open += token.raw.split("{").length - token.raw.split("}").length;
    if (open <= 0) break;
  }
  return taken;
}

function objectOf(property: Property, flag: string, tokens: readonly Token[]): JsonObject {
  const [only] = tokens;
  const typed = tokens.length === 1 && only ? only.text : tokens.map(({ raw }) => raw).join(" ");
  // quotes of a shell around it, and those that a phone's keyboard writes
  const text = typed.replace(/^'(.*)'$/su, "$1").replaceAll(/[“”]/g, '"');
  const fields = Object.entries(property.properties ?? {}).map(([name, { type }]) => `${name} (${type === "string" ? "text" : type})`);
  const wrong = (what: string) =>
    new Failure(
      "invalid_input",
      `${flag} takes a JSON object, {"field": value}, with text in double quotes and without others inside. ${what}${fields.length > 0 ? ` Its fields: ${fields.join(", ")}.` : ""}`,
    );
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw wrong(`This is no JSON: ${text.slice(0, 60)}.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(`This is no object: ${text.slice(0, 60)}.`);
  const deep = Object.entries(value).find(([, inner]) => typeof inner === "object" && inner !== null);
  if (deep) throw wrong(`"${deep[0].slice(0, 60)}" holds a list or an object.`);
  return value;
}

/** Reads the flag at `at`; gives the place of the next token. */
export function readFlag(tool: Tool, tokens: readonly Token[], at: number, input: JsonObject): number {
  const flag = tokens[at]?.text ?? "";
  const field = fieldOf(tool, flag);
  const property = propertiesOf(tool)[field] ?? {};
  const next = tokens[at + 1];
  const given = next && (next.quoted || !next.text.startsWith("--")) ? next.text : undefined;
  if (property.type === "boolean") {
    const value = given === undefined ? undefined : truth[given.toLowerCase()];
    input[field] = value ?? true;
    return value === undefined ? at + 1 : at + 2;
  }
  if (given === undefined) throw new Failure("invalid_input", `${flag} needs a value. /${tool.alias} --help shows which.`);
  if (property.type === "object") {
    const typed = objectTokens(tokens, at + 1);
    input[field] = objectOf(property, flag, typed);
    return at + 1 + typed.length;
  }
  if (field === "size") {
    const size = /^(\d{1,6})[x×](\d{1,6})$/i.exec(given);
    if (!size) throw new Failure("invalid_input", `--size takes pixels such as 1344x768, not "${given.slice(0, 60)}".`);
    input["width"] = Number(size[1]);
    input["height"] = Number(size[2]);
  } else if (property.type === "array") {
    const before = input[field];
    input[field] = [...(Array.isArray(before) ? before : []), entry(property, given)];
  } else input[field] = scalar(property, given);
  return at + 2;
}

/** A free word that exactly one field knows as a value of its own: `2x` after the picture is the scale. */
export function valueField(tool: Tool, text: string, taken: JsonObject): [string, Json] | undefined {
  const fits = Object.entries(propertiesOf(tool)).flatMap(([field, property]): [string, Json][] => {
    const allowed = [property, ...(property.anyOf ?? [])].flatMap((kind) => kind.enum ?? (kind.const === undefined ? [] : [kind.const]));
    const value = scalar(property, text);
    return !(field in taken) && allowed.includes(value) ? [[field, value]] : [];
  });
  return fits.length === 1 ? fits[0] : undefined;
}
