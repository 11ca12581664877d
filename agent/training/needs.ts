/** Which calls of a plan depend on which: one that makes something under a name, and those behind it that use the name. */
import { type AssetKind, sameName } from "../../core/asset.ts";
import type { PlannedCall } from "../plan.ts";
import { lorasIn, plannedAsset } from "./known.ts";

/** What a call uses by name. */
function used({ tool, input }: PlannedCall, kind: AssetKind): string[] {
  if (kind === "lora") return lorasIn({ tool, input });
  const name = kind === "dataset" ? (tool === "train_lora" ? (input["dataset"] ?? input["name"]) : undefined) : input["voice"];
  return typeof name === "string" ? [name] : [];
}

/** The one of these calls without which this one must not be submitted. */
export function needsOf(call: PlannedCall, missing: readonly PlannedCall[]): PlannedCall | undefined {
  return missing.find((other) => {
    const made = plannedAsset(other);
    return made !== undefined && used(call, made.kind).some((name) => sameName(name, made.name));
  });
}
