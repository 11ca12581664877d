/** Which calls of a plan depend on which: one that makes something under a name, and those behind it that use the name. */
import { sameName } from "../../core/asset.ts";
import type { PlannedCall } from "../plan.ts";
import { lorasIn, plannedAsset } from "./known.ts";

function names(call: PlannedCall): string[] {
  const { dataset, name } = call.input;
  return call.tool === "train_lora" ? [dataset ?? name].filter((one) => typeof one === "string") : lorasIn(call);
}

/** The one of these calls without which this one must not be submitted. */
export function needsOf(call: PlannedCall, missing: readonly PlannedCall[]): PlannedCall | undefined {
  const used = names(call);
  return missing.find((other) => {
    const made = plannedAsset(other);
    const kind = call.tool === "train_lora" ? "dataset" : "lora";
    return made?.kind === kind && used.some((name) => sameName(name, made.name));
  });
}
