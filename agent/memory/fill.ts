/** Puts ids where words stand: artifact fields and `job_id` take "that", "2" or "the fox" as well as ids, and a list of pictures takes "these". */
import { Failure } from "../../core/failure.ts";
import { isId } from "../../core/ids.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Tool } from "../../core/tool.ts";
import { toolView } from "../../core/tool-view.ts";
import { readReference } from "../rules/reference.ts";
import { fillList } from "./fill-list.ts";
import { type FileKind, kindNames, kindsTaken } from "./kinds.ts";
import type { Memory } from "./memory.ts";
import { filesOf, type JobWish, jobOf } from "./refer.ts";
import { readStage } from "./stages.ts";

/** Which of several jobs "that" means depends on what is going to happen to it. */
const wishes: Record<string, JobWish> = {
  cancel_job: "open",
  wait_for_job: "open",
  retry_job: "stopped",
  get_job: "look",
  steer_training: "training",
};

export function wishOf(tool: string): JobWish {
  return wishes[tool] ?? "any";
}

/** Anything that looks like an id is left for the studio to know or not. */
const idLike = /^(art|job)_/;

function one(found: string[], words: string, [kind = "picture"]: readonly FileKind[]): string {
  const [id, ...more] = found;
  if (!id || more.length > 0)
    throw new Failure(
      "invalid_input",
      `"${words.slice(0, 60)}" means ${found.length} ${kindNames[kind]}s; this takes one. Say "number 1", for example.`,
    );
  return id;
}

function filledField(field: string, words: Json | undefined, memory: Memory): Json | undefined {
  if (typeof words !== "string" || idLike.test(words)) return words;
  const reference = readStage(words.trim()) ?? readReference(words);
  if (!reference) return words;
  const kinds = kindsTaken(field);
  const result = filesOf(reference, memory, kinds);
  if ("problem" in result) throw new Failure("invalid_input", result.problem);
  return one(result.found, words, kinds);
}

/** Failure `invalid_input` with the reason, where words mean nothing here. */
export function fillReferences(tool: Tool, input: JsonObject, memory: Memory): JsonObject {
  const filled: JsonObject = { ...input };
  const schema = toolView(tool).input_schema as { properties?: Record<string, { type?: string }>; required?: string[] };
  for (const field of tool.artifactFields ?? []) {
    const list = schema.properties?.[field]?.type === "array";
    const value = list
      ? fillList(filled[field], schema.required?.includes(field) ?? false, memory)
      : filledField(field, filled[field], memory);
    if (value !== undefined) filled[field] = value;
  }
  const words = filled["job_id"];
  if (typeof words === "string" && !isId("job", words) && "job_id" in tool.input.shape) {
    const reference = readStage(words.trim()) ?? readReference(words);
    if (!reference || (reference.kind === "id" && idLike.test(words) && !isId("art", words))) return filled;
    const result = jobOf(reference, memory, wishOf(tool.name));
    if ("problem" in result) throw new Failure("invalid_input", result.problem);
    filled["job_id"] = result.found;
  }
  return filled;
}
