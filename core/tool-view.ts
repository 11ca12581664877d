/** A tool as data: what MCP, forms, slash help and the docs page are made from. */
import { z } from "zod";
import type { ToolView } from "./client.ts";
import type { JsonObject } from "./json.ts";
import type { Tool } from "./tool.ts";

/** A field that only a finished job fills in: it is taken, so that a recipe can be run again, and offered to nobody. */
const isSettled = (field: unknown): boolean => (field as z.ZodType).meta()?.["settled"] === true;

const made = new WeakMap<Tool, ToolView>();

/** JSON Schema 2020-12 of what a caller may send. Made once a tool: it is asked for in every list. */
export function toolView(tool: Tool): ToolView {
  const known = made.get(tool);
  if (known) return known;
  const shown = z.strictObject(Object.fromEntries(Object.entries(tool.input.shape).filter(([, field]) => !isSettled(field))));
  const { $schema: _dialect, ...schema } = z.toJSONSchema(shown, { io: "input" }) as JsonObject;
  const { name, title, alias, description, kind, annotations } = tool;
  const view: ToolView = { name, title, alias, description, kind, input_schema: schema, annotations };
  made.set(tool, view);
  return view;
}
