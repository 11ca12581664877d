/** Which fields of a tool a model may fill, from the tool's own schema: free text, and words of a list that the person used. Never an id, a number or a name. */
import { z } from "zod";
import type { JsonObject } from "../../core/json.ts";
import type { Tool } from "../../core/tool.ts";
import { toolView } from "../../core/tool-view.ts";

interface Property {
  type?: string;
  enum?: string[];
  description?: string;
  maxLength?: number;
  pattern?: string;
  format?: string;
  const?: unknown;
}

/** A text with a smaller limit is a name of something, which a model must not make up. */
const longestName = 200;

const propertiesOf = (tool: Tool) => (toolView(tool).input_schema["properties"] ?? {}) as Record<string, Property>;

export const requiredOf = (tool: Tool): string[] => (toolView(tool).input_schema["required"] ?? []) as string[];

export function freeTextOf(tool: Tool): string[] {
  return Object.entries(propertiesOf(tool))
    .filter(([name, { type, enum: list, pattern, format, maxLength = Number.POSITIVE_INFINITY, const: fixed }]) => {
      const plain = type === "string" && !list && !pattern && !format && fixed === undefined && maxLength > longestName;
      return plain && !/(?:^|_)(?:id|url|path|file|model|voice|name)$/.test(name) && !tool.artifactFields?.includes(name);
    })
    .map(([name]) => name);
}

export interface Form {
  /** Free text that must not stay empty, and free text that may. */
  text: string[];
  optional: string[];
  /** Words of a list, by field: those alone that the person used. */
  choices: Record<string, string[]>;
  schema: JsonObject;
  parse(answer: string): Record<string, string> | undefined;
}

/** @param wants.said the value of a list that a word of the request means, such as "tall" or "hochkant"; `fields`: free text that must not stay empty, though the tool could do without. */
export function formOf(
  tool: Tool,
  filled: JsonObject,
  wants: { lacks: boolean; said(field: string, values: readonly string[]): string[]; fields?: readonly string[] },
): Form {
  const properties = propertiesOf(tool);
  const required = requiredOf(tool);
  const free = freeTextOf(tool).filter((name) => !(name in filled));
  const text = free.filter((name) => required.includes(name) || wants.fields?.includes(name));
  const optional = free.filter((name) => !text.includes(name) && wants.lacks && /negative/.test(name));
  const choices: Record<string, string[]> = {};
  for (const [name, { enum: values }] of Object.entries(properties)) {
    // a scale is a number, which the rules read
    const said = values?.every((value) => typeof value === "string") && !(name in filled) ? wants.said(name, values) : [];
    if (said.length > 0) choices[name] = said;
  }
  const names = [...text, ...optional, ...Object.keys(choices)];
  const shape = z.strictObject(
    Object.fromEntries(
      names.map((name) => [
        name,
        choices[name]
          ? z.enum([...choices[name], ""]).describe(properties[name]?.description ?? name)
          : z.string().describe(properties[name]?.description ?? name),
      ]),
    ),
  );
  const { $schema: _dialect, ...schema } = z.toJSONSchema(shape) as JsonObject;
  return {
    text,
    optional,
    choices,
    schema,
    parse(answer) {
      try {
        const read = shape.safeParse(JSON.parse(answer));
        return read.success ? (read.data as Record<string, string>) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
