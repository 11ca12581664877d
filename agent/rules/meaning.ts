/** What a placed clause does: calls of the catalogue, words to say, or nothing that can be done. */

import { sameName } from "../../core/asset.ts";
import { isTerminal } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import { wishOf } from "../memory/fill.ts";
import { drawnWith, lastRender, type Memory } from "../memory/memory.ts";
import { newestIs } from "../memory/newest.ts";
import { filesOf, jobOf, picturesOf, type Reference } from "../memory/refer.ts";
import type { PlannedCall } from "../plan.ts";
import type { Masked } from "./clauses.ts";
import { type Compiled, toNumber } from "./compile.ts";
import type { Placed } from "./frames.ts";
import { takeOptions } from "./options.ts";
import { drawCalls } from "./picture.ts";
import type { ReadCall } from "./reading.ts";
import { readReferences } from "./reference.ts";
import { trainingDoes, trainingMeaning } from "./training/meaning.ts";

/** `problem`: understood, and why it cannot be done here. Undefined: the frame does not mean this clause after all. */
export type Meaning = { calls: ReadCall[]; say?: string; focus?: string[] } | { problem: string };

const noPicture = "There is no picture in this conversation yet that I could change. Ask for one first.";

function upscale({ groups }: Placed, memory: Memory, language: Compiled): Meaning | undefined {
  // "hazlo más grande": the verb holds the reference
  const references: Reference[] | undefined = groups["ref"] === undefined ? [{ kind: "that" }] : readReferences(groups["ref"], language);
  if (!references)
    return /https?:\/\//i.test(groups["ref"] ?? "")
      ? { problem: "I do not open links. Attach the file to the message, then ask again." }
      : undefined;
  const scale = groups["scale"] === undefined ? undefined : toNumber(groups["scale"], language);
  const calls: PlannedCall[] = [];
  for (const reference of references) {
    const moves = reference.kind === "that" && newestIs(memory, "video");
    const result = moves ? filesOf(reference, memory, ["video"]) : picturesOf(reference, memory);
    if ("problem" in result) return result;
    const [tool, field] = moves ? ["upscale_video", "video"] : ["upscale_image", "image"];
    for (const file of result.found) calls.push({ tool, input: { [field]: file, ...(scale === undefined ? {} : { scale }) } });
  }
  return { calls };
}

/** Changed fields of the last render: options by name, other words added to its prompt. */
function changes(mod: string, old: JsonObject, language: Compiled, words: boolean): JsonObject | undefined {
  const { rest, fields, newSeed } = takeOptions(mod, language, true);
  if (rest !== "" && !words) return undefined;
  if (rest !== "" && (rest.split(" ").length > 20 || language.empty.test(rest))) return undefined;
  // "same, but not now", "again, but tomorrow"
  if (language.denial.test(rest) || language.later.test(` ${rest}`)) return undefined;
  const negative = fields["negative_prompt"];
  const before = old["negative_prompt"];
  return {
    ...fields,
    ...(rest === "" ? {} : { prompt: `${String(old["prompt"])}, ${rest}` }),
    ...(typeof negative === "string" && typeof before === "string" && before !== "" ? { negative_prompt: `${before}, ${negative}` } : {}),
    ...(newSeed ? {} : { seed: fields["seed"] ?? old["seed"] ?? null }),
  };
}

function vary({ frame, groups }: Placed, memory: Memory, language: Compiled): Meaning | undefined {
  const job = lastRender(memory);
  const mod = groups["mod"] ?? groups["option"];
  const count = groups["count"] === undefined ? undefined : toNumber(groups["count"], language);
  if (mod === undefined) {
    if (!job) return { problem: noPicture };
    // only pictures are counted
    const one = job.tool !== "render_image" || job.input["count"] === 1 || count !== undefined ? {} : { count: 1 };
    return { calls: [{ tool: "reroll_job", input: { job_id: job.id, ...(count === undefined ? one : { count }) } }] };
  }
  // "make it X" is anything in the world: only what is a field of a picture is meant
  const words = frame.does !== "adjust" && (groups["but"] !== undefined || (frame.does === "same" && language.change.test(mod)));
  const changed = changes(mod, job ? drawnWith(job) : {}, language, words);
  if (!changed) return undefined;
  if (!job) return { problem: noPicture };
  const input = Object.fromEntries(Object.entries({ job_id: job.id, ...changed }).filter(([, value]) => value !== null)) as JsonObject;
  return { calls: [{ tool: "reroll_job", input }] };
}

function transform({ groups }: Placed, memory: Memory, language: Compiled): Meaning | undefined {
  const references: Reference[] | undefined = groups["ref"] === undefined ? [{ kind: "that" }] : readReferences(groups["ref"], language);
  const [reference] = references ?? [];
  if (!reference || reference.kind === "words" || !groups["object"]) return undefined;
  const { rest, fields } = takeOptions(groups["object"], language, false);
  if (language.empty.test(rest)) return undefined;
  const result = picturesOf(reference, memory);
  if ("problem" in result) return result;
  return { calls: result.found.map((init_image) => ({ tool: "render_image", input: { prompt: rest, ...fields, init_image } })) };
}

const states: Record<string, string> = {
  waiting: "queued",
  laufen: "running",
  warten: "queued",
  corriendo: "running",
  ejecutando: "running",
  esperando: "queued",
};
const kinds: Record<string, string> = { modelle: "models", modelos: "models", upscaler: "upscalers" };

/** "Is biscuit done?": the training of that name, or the job that makes it. */
function byName(text: string, memory: Memory): Reference | undefined {
  const making = [...memory.jobs, ...(memory.open ?? [])].findLast(({ makes }) => makes !== undefined && sameName(makes.name, text.trim()));
  return making && { kind: "id", id: making.id };
}

/** Who asks about a job that waits for others asks about those too. */
function withNeeds(id: string, memory: Memory): string[] {
  const all = [...memory.jobs, ...(memory.open ?? [])];
  const job = all.find((one) => one.id === id);
  const open = (need: string) => all.some((one) => one.id === need && !isTerminal(one.state));
  return job?.blocked ? [...(job.needs ?? []).filter(open), id] : [id];
}

function call({ frame, groups }: Placed, memory: Memory, language: Compiled): Meaning | undefined {
  const tool = frame.tool ?? "";
  const input: JsonObject = { ...frame.fields };
  if (/_job$/.test(tool)) {
    const ref = groups["ref"];
    const references: (Reference | undefined)[] | undefined =
      ref === undefined ? [{ kind: "that" }] : (readReferences(ref, language) ?? [byName(ref, memory)]);
    const [reference, more] = references ?? [];
    if (!reference || more) return undefined;
    const result = jobOf(reference, memory, wishOf(tool));
    if ("problem" in result) return reference.kind === "words" && memory.jobs.length === 0 ? undefined : result;
    if (tool === "get_job") return { calls: withNeeds(result.found, memory).map((job_id) => ({ tool, input: { job_id } })) };
    input["job_id"] = result.found;
  }
  for (const name of ["limit", "timeout_s"] as const) {
    const number = groups[name] === undefined ? undefined : toNumber(groups[name], language);
    if (number !== undefined) input[name] = number;
  }
  if (groups["state"]) input["state"] = states[groups["state"].toLowerCase()] ?? groups["state"].toLowerCase();
  const kind = groups["kind"]?.toLowerCase();
  if (kind && (kinds[kind] ?? kind) !== "models") input["kind"] = kinds[kind] ?? kind;
  return { calls: [{ tool, input }] };
}

/** "I like the third one": a remark, but "it" is the third one from here on. */
function focus({ groups }: Placed, memory: Memory, language: Compiled): Meaning | undefined {
  const [reference, more] = readReferences(groups["ref"] ?? "", language) ?? [];
  if (!reference || more || reference.kind === "all" || reference.kind === "that") return undefined;
  const result = picturesOf(reference, memory);
  return "problem" in result ? undefined : { calls: [], focus: result.found };
}

/** @param said all words of the clause, and the way to the quotations in them. */
export function meaningOf(placed: Placed, said: Pick<Masked, "text" | "unmask">, memory: Memory, language: Compiled): Meaning | undefined {
  const { does } = placed.frame;
  if (trainingDoes.has(does)) return trainingMeaning(placed, said, memory, language);
  if (does === "nothing") return { calls: [] };
  if (does === "focus") return focus(placed, memory, language);
  if (does === "upscale") return upscale(placed, memory, language);
  if (does === "same" || does === "again" || does === "adjust") return vary(placed, memory, language);
  if (does === "transform") return transform(placed, memory, language);
  if (does === "call") return call(placed, memory, language);
  if (does === "render") return drawCalls(placed, language);
  return does === "greeting" || does === "help" ? { calls: [], say: does } : undefined;
}
