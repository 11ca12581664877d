/** Text and JSON that PostgreSQL always takes: it has no place for the character NUL nor for half a surrogate pair, and a prompt may hold both. */
import { customType } from "drizzle-orm/pg-core";

/** Such characters become U+FFFD, as a lone surrogate does in UTF-8 anyway. */
export function storable(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd").replaceAll("\0", "\ufffd");
}

const clean = (_key: string, value: unknown): unknown => {
  if (typeof value === "string") return storable(value);
  if (!value || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storable(key), inner]));
};

/** What comes back of a value that is stored in a jsonb column. */
export function storableJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, clean)) as T;
}

/** Also in conditions: to look for such a text finds what was stored for it, or nothing, and is no error. */
export const text = customType<{ data: string; driverData: string }>({ dataType: () => "text", toDriver: storable });

/** Comes back as it was put in: drizzle's own reads a stored text such as "123" as JSON once more. */
export const jsonb = customType<{ data: unknown; driverData: unknown }>({
  dataType: () => "jsonb",
  toDriver: (value) => JSON.stringify(value, clean),
});
