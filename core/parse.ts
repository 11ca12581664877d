/** Unknown input → what a tool's schema says, or one Failure that names every bad field and what is allowed. */
import type { z } from "zod";
import { Failure } from "./failure.ts";
import { issueWords } from "./issue-words.ts";
import type { Tool } from "./tool.ts";

function fieldsOf(error: z.ZodError, allowed: string[]): { path: string; message: string }[] {
  return error.issues.map((issue) => {
    const path = issue.path.join(".") || "(input)";
    if (issue.code === "unrecognized_keys") {
      const known = issue.path.length === 0 ? `; allowed here: ${allowed.join(", ") || "none"}` : "";
      return { path: [...issue.path, issue.keys.join(", ")].join("."), message: `unknown field${known}` };
    }
    return { path, message: issue.message };
  });
}

/** Failure `invalid_input`, with one entry a field. */
export function parseInput(tool: Pick<Tool, "name" | "input">, input: unknown): Record<string, unknown> {
  const result = tool.input.safeParse(input ?? {}, { error: issueWords });
  if (result.success) return result.data;
  const fields = fieldsOf(result.error, Object.keys(tool.input.shape));
  const list = fields.map((field) => `${field.path}: ${field.message}`).join("; ");
  throw new Failure("invalid_input", `${tool.name} cannot take this input. ${list}.`, { fields });
}
