/** A tool's schema as short as a model needs it: rare fields, limits that nobody meets and what goes without saying are left out. The studio checks every call against the whole one, and takes what is left out here. */
import type { Json, JsonObject } from "../core/json.ts";

const isObject = (value: Json | undefined): value is JsonObject => value !== null && typeof value === "object" && !Array.isArray(value);

/** Bounds on the length of a text say nothing to who writes one, and the largest exact number is no limit. */
export function briefSchema(schema: JsonObject): JsonObject {
  const kept = Object.entries(schema).filter(([name, value]) => {
    if (name === "minLength" || name === "maxLength" || name === "propertyNames" || name === "rare") return false;
    if (name === "maximum") return value !== Number.MAX_SAFE_INTEGER;
    return name !== "additionalProperties" || value !== false;
  });
  return Object.fromEntries(
    kept.map(([name, value]) => {
      if (name === "properties" && isObject(value)) return [name, fieldsOf(value)];
      return [name, name === "items" && isObject(value) ? briefSchema(value) : value];
    }),
  );
}

const fieldsOf = (fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => !isObject(field) || field["rare"] !== true)
      .map(([name, field]) => [name, isObject(field) ? briefSchema(field) : field]),
  );
