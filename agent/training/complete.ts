/** What code adds to a plan that a model or the rules made: the dataset before a training, and the LoRA that a picture names. */
import type { Memory } from "../memory/memory.ts";
import type { PlannedCall } from "../plan.ts";
import { withDatasets } from "./datasets.ts";
import { withOwnLoras } from "./loras.ts";

/** The same plan again is the same. What a call holds beside tool and input goes along. */
export function completed<Call extends PlannedCall>(calls: readonly Call[], memory: Memory): Call[] {
  return withOwnLoras(withDatasets(calls, memory), memory);
}
