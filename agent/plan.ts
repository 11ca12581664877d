/** What a turn is going to do: decided once, stored before the first submit, read again by a turn that runs again. */
import { z } from "zod";
import type { Planner } from "../core/chat.ts";
import { type FailureCode, type FailureView, failureCodes } from "../core/failure.ts";
import { canonicalJson, type JsonObject } from "../core/json.ts";

export interface PlannedCall {
  tool: string;
  input: JsonObject;
}

export interface Plan {
  planner: Planner;
  calls: PlannedCall[];
  /** What is said besides the jobs. */
  text: string;
  /** Why nothing is submitted, where the request itself was at fault. */
  error?: FailureView;
  /** The question about it that a person said yes to. */
  approval?: string;
}

/** What is said after a no. */
export const refused = "Nothing was submitted.";

const stored = z.object({
  planner: z.enum(["native", "guided", "slash", "rules"]),
  calls: z.array(z.object({ tool: z.string(), input: z.record(z.string(), z.json()) })),
  text: z.string(),
  approval: z.string().optional(),
  error: z
    .object({
      code: z.enum(failureCodes),
      message: z.string(),
      retryable: z.boolean(),
      fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    })
    .optional(),
});

/** A plan as it came back from the store. */
export function readPlan(value: unknown): Plan {
  const { error, approval, ...rest } = stored.parse(value);
  const plan = approval === undefined ? rest : { ...rest, approval };
  if (!error) return plan;
  const { fields, ...view } = error;
  return { ...plan, error: fields ? { ...view, fields } : view };
}

/** The same call twice in one turn is one job. */
export function withoutRepeats(calls: readonly PlannedCall[]): PlannedCall[] {
  const seen = new Set<string>();
  return calls.filter((call) => {
    const text = canonicalJson(call);
    return seen.has(text) ? false : seen.add(text);
  });
}

/** Faults of the request: the same words meet them again, so that they are part of the plan. Anything else may be over by the next try. */
const faultsOfTheRequest = new Set<FailureCode>([
  "invalid_input",
  "unknown_tool",
  "unknown_job",
  "unknown_artifact",
  "unknown_asset",
  "unknown_model",
  "unknown_lora",
  "limit_exceeded",
  "unsupported_media",
  "conflict",
]);

export function isLasting(error: FailureView): boolean {
  return !error.retryable && faultsOfTheRequest.has(error.code);
}
