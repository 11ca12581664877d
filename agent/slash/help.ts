/** `/help` and `--help`: from the same descriptions that the model and the docs page read. */
import type { Tool } from "../../core/tool.ts";
import { flagOf, flagsOf, type Property, propertiesOf } from "./flags.ts";

function values(property: Property): string {
  const allowed = [property, ...(property.anyOf ?? [])].flatMap((kind) => kind.enum ?? (kind.const === undefined ? [] : [kind.const]));
  if (allowed.length > 0) return ` ${allowed.join("|")}`;
  if (property.type === "array") {
    const fields = Object.keys(property.items?.properties ?? {});
    return ` <${fields.length > 0 ? fields.join(":") : property.items?.type === "integer" ? "number" : "text"}>`;
  }
  if (property.type === "object") return ` {"${Object.keys(property.properties ?? {})[0] ?? "field"}": value}`;
  return property.type === "boolean" ? "" : ` <${property.type === "integer" || property.type === "number" ? "number" : "text"}>`;
}

function usage(tool: Tool): string {
  return `/${tool.alias}${(tool.positional ?? []).map((field) => ` <${field}>`).join("")}`;
}

export function helpOf(tool: Tool): string {
  const fields = Object.entries(propertiesOf(tool)).map(([field, property]) => {
    const usual = property.default === undefined ? "" : ` Default ${JSON.stringify(property.default)}.`;
    return `  ${flagOf(field)}${values(property)}  ${property.description ?? ""}${usual}`;
  });
  const size = flagsOf(tool).includes("--size") ? ["  --size <width>x<height>  Both at once."] : [];
  return [`${usage(tool)}  ${tool.description}`, ...fields, ...size].join("\n");
}

export function helpAll(tools: readonly Tool[]): string {
  const lines = tools.map((tool) => `${usage(tool)}  ${tool.description.split(/(?<=[.:;])\s/)[0] ?? ""}`);
  return [...lines, '/help <command>  All its flags. Where an id is wanted, "that" or a number will do.'].join("\n");
}
