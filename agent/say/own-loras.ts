/** Which of a person's own LoRAs a picture is made with: said, because its words alone may have chosen them. */
import type { PlannedCall } from "../plan.ts";
import { findKnown, type Known, lorasIn, plannedAsset } from "../training/known.ts";
import { drawing } from "../training/loras.ts";

/** One line, or none. @param calls those of the plan: an earlier one may make it. */
export function ownLoras(call: PlannedCall, calls: readonly PlannedCall[], known: readonly Known[] = []): string[] {
  const planned = calls.flatMap((other) => plannedAsset(other) ?? []).map((made): Known => ({ ...made, pictures: 0, job: "" }));
  const own = lorasIn(call).flatMap((name) => {
    const found = findKnown(known, "lora", name) ?? findKnown(planned, "lora", name);
    if (!found) return [];
    return [found.triggerWords.length > 0 ? `${found.name} (${found.triggerWords.join(", ")})` : found.name];
  });
  if (!drawing.has(call.tool) || own.length === 0) return [];
  return [`With your ${own.length === 1 ? "LoRA" : "LoRAs"} ${own.join(" and ")}.`];
}
