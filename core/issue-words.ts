/** What is wrong with a value, in words a person can act on: for every schema of tools and routes. What a schema says itself comes first. */
import type { z } from "zod";

const kinds: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object with named fields",
  record: "an object with named fields",
};

const units: Record<string, string> = { string: " characters", array: " entries" };

export const issueWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type") return issue.input === undefined ? "is missing" : `must be ${kinds[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value") return `must be ${issue.values.length > 1 ? "one of: " : ""}${issue.values.join(", ")}`;
  if (issue.code === "too_small")
    return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${units[issue.origin] ?? ""}`;
  if (issue.code === "too_big")
    return `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${units[issue.origin] ?? ""}`;
  if (issue.code === "unrecognized_keys") return `there is no field ${issue.keys.join(", ")}`;
  return undefined;
};
