/** What changes of a clip when it is made again: only the stages that a changed field belongs to lose what they had settled. */

import { Failure } from "../core/failure.ts";
import type { JsonObject } from "../core/json.ts";
import { stageFields } from "./clip-input.ts";

type Plan = Record<string, { tool: string; input: JsonObject }>;

/** A picture of another shape or by another model has other usual values. */
function forgotten(input: JsonObject, changes: JsonObject): JsonObject {
  const left = { ...input };
  if ("aspect" in changes) for (const field of ["width", "height"]) delete left[field];
  if ("model" in changes && !("steps" in changes)) delete left["steps"];
  // another voice speaks its own language, another text is as long as it is
  if ("voice" in changes && !("language" in changes)) delete left["language"];
  return left;
}

/** What nothing would be changed by is no change: the same clip again would be said to be another. */
const lacks = (stage: string, field: string): Failure =>
  new Failure(
    "invalid_input",
    `This clip has no ${stage} of its own, so that ${field} changes nothing in it. Ask for a new clip with make_clip.`,
  );

/** Another LoRA shows somebody else: whose face speaks is said anew, or is whoever is seen. */
export function whoIsSeen(input: JsonObject, changes: JsonObject): JsonObject {
  const stages = (input["stages"] ?? {}) as Plan;
  const { lips } = stages;
  if (!lips || !("loras" in changes)) return input;
  const { person: _before, ...rest } = lips.input;
  const [lora] = changes["loras"] as { name: string }[];
  return { ...input, stages: { ...stages, lips: { ...lips, input: { ...rest, ...(lora ? { person: lora.name.slice(0, 80) } : {}) } } } };
}

/** @param old resolved input of the clip. @param changes by the names of `reroll_job`; none = all of it with other seeds. */
export function rerolledClip(old: JsonObject, changes: JsonObject): JsonObject {
  const stages = { ...((old["stages"] ?? {}) as Plan) };
  const own: JsonObject = {};
  if (Object.keys(changes).length === 0)
    for (const [name, { tool, input }] of Object.entries(stages)) {
      const { seed: _seed, ...rest } = input;
      stages[name] = { tool, input: rest };
    }
  for (const [field, value] of Object.entries(changes)) {
    const [name, there] = stageFields[field] ?? [];
    const stage = name === undefined ? undefined : stages[name];
    if (name === undefined || there === undefined) own[field] = value;
    else if (!stage) throw lacks(name, field);
    else stages[name] = { ...stage, input: { ...forgotten(stage.input, { [field]: value }), [there]: value } };
  }
  const shape = ["aspect", "width", "height"].some((field) => field in changes);
  const before = stages["motion"];
  if (shape && before) {
    const { width: _width, height: _height, ...rest } = before.input;
    stages["motion"] = { ...before, input: rest };
  }
  const words = stages["voice"]?.input["text"];
  // another length asks for another length of motion too
  const motion = stages["motion"];
  if ("seconds" in changes && motion)
    stages["motion"] = { ...motion, input: { ...motion.input, seconds: Math.min(60, Number(changes["seconds"])) } };
  return whoIsSeen({ ...old, ...own, ...(typeof words === "string" ? { script: words } : {}), stages }, changes);
}
