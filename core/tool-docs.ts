/** The page of all tools, made from the catalogue: what a person may say, type or send, field by field. */
import type { ToolView } from "./client.ts";
import type { Json, JsonObject } from "./json.ts";

function object(value: Json | undefined): JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

/** `integer, 1 to 8`, `one of: 2, 3, 4`. */
function kindOf(schema: JsonObject): string {
  if (Array.isArray(schema["enum"])) return `one of: ${schema["enum"].join(", ")}`;
  if (Array.isArray(schema["anyOf"])) return schema["anyOf"].map((entry) => kindOf(object(entry))).join(" or ");
  if (schema["const"] !== undefined) return String(schema["const"]);
  if (schema["type"] === "array") return `list of ${kindOf(object(schema["items"]))}`;
  if (schema["type"] === "object") return `{ ${Object.keys(object(schema["properties"])).join(", ")} }`;
  const low = schema["minimum"] ?? (schema["exclusiveMinimum"] !== undefined ? `above ${schema["exclusiveMinimum"]}` : undefined);
  // the largest number that JSON keeps exactly is no limit that anybody needs to read
  const high = schema["maximum"] === Number.MAX_SAFE_INTEGER ? undefined : schema["maximum"];
  const step = schema["multipleOf"] === undefined ? "" : `, a multiple of ${schema["multipleOf"]}`;
  const range = low !== undefined && high !== undefined ? `, ${low} to ${high}` : low !== undefined ? `, from ${low}` : "";
  return `${schema["type"] ?? "any"}${range}${step}`;
}

const cell = (text: string) => text.replace(/\|/g, "\\|").replace(/\s+/g, " ");

function section(tool: ToolView): string {
  const required = new Set((tool.input_schema["required"] as string[] | undefined) ?? []);
  const rows = Object.entries(object(tool.input_schema["properties"])).map(([name, value]) => {
    const schema = object(value);
    const fallback = schema["default"] === undefined ? (required.has(name) ? "required" : "") : `${JSON.stringify(schema["default"])}`;
    return `| \`${name}\` | ${cell(kindOf(schema))} | ${cell(fallback)} | ${cell(String(schema["description"] ?? ""))} |`;
  });
  const table = rows.length > 0 ? ["| field | what | default | meaning |", "|---|---|---|---|", ...rows] : ["No fields."];
  return [
    `## ${tool.title}: \`${tool.name}\`, \`/${tool.alias}\``,
    "",
    tool.description,
    "",
    tool.kind === "job" ? "Becomes a job: an id at once, files when it is done." : "Answered at once.",
    "",
    ...table,
  ].join("\n");
}

/** Markdown. */
export function toolsPage(tools: readonly ToolView[]): string {
  const head = [
    "# Tools",
    "",
    "Each tool is the same by every way in: a sentence in the chat, its slash command, the MCP tool of that name, and `POST /v1/tools/<name>`.",
    "This page is made from the catalogue by `npm run docs`; a test keeps it current.",
  ].join("\n");
  return `${[head, ...tools.map(section)].join("\n\n")}\n`;
}
