/** All of a message read: wishes become calls, or one question for everything that they lack. */
import { given } from "../../../core/json.ts";
import type { Memory } from "../../memory/memory.ts";
import { filesMeant } from "../../training/files.ts";
import { findKnown, freeName } from "../../training/known.ts";
import type { ReadCall } from "../reading.ts";
import { plainWords, type TrainingWish, triggersOf } from "./wish.ts";

type Result = { calls: ReadCall[] } | { problem: string };

const sentence = (name = "biscuit", trigger = "bsct dog") => `train a LoRA called ${name}, trigger ${trigger}`;

const said = (text: string | undefined): string | undefined => (text === undefined ? undefined : plainWords(text) || undefined);

/** "all of them" reaches to the photos of earlier messages. */
const files = (wish: TrainingWish, memory: Memory): string[] =>
  filesMeant(memory, /^(?:all|alle|allen|todas|todos)\b/iu.test(wish.these ?? ""));

function datasetCall(wish: TrainingWish, name: string, memory: Memory): ReadCall {
  const { faces } = wish;
  // crops are made in these sizes alone; a training may use others
  const resolution = [512, 1024].find((side) => side === wish.resolution);
  const input = given({ name, pictures: files(wish, memory), subject: said(wish.subject), resolution, faces });
  return { tool: "make_dataset", input };
}

/** Where the pictures of a training come from: a dataset by name, or one to be made first. */
function source(
  wish: TrainingWish,
  name: string,
  made: readonly ReadCall[],
  memory: Memory,
): { dataset: string; first?: ReadCall } | undefined {
  const known = memory.known ?? [];
  const asked = said(wish.dataset);
  if (asked !== undefined) return { dataset: findKnown(known, "dataset", asked)?.name ?? asked };
  const before = made.findLast(({ tool }) => tool === "make_dataset")?.input["name"];
  if (typeof before === "string") return { dataset: before };
  const there = findKnown(known, "dataset", name);
  const here = new Set(memory.jobs.map(({ id }) => id));
  const newest = known.find((one) => one.kind === "dataset" && here.has(one.job));
  if (memory.attachments.length === 0) {
    const pointed = /^(?:it|that|this|dataset|data set|datensatz|damit|daraus|darauf|eso|esto|conjunto)/iu.test(wish.these ?? "");
    const one = there ?? (pointed ? newest : undefined);
    if (one) return { dataset: one.name };
  }
  if (files(wish, memory).length === 0) return newest ? { dataset: newest.name } : undefined;
  const dataset = freeName(known, "dataset", name);
  return { dataset, first: datasetCall(wish, dataset, memory) };
}

function question(wish: TrainingWish, lacks: { name: boolean; trigger: boolean; photos: boolean }, brought: number): string {
  const name = said(wish.name);
  const trigger = said(wish.trigger);
  const ask =
    lacks.name && lacks.trigger
      ? "What shall it be called, and which trigger words shall call it up?"
      : lacks.name
        ? "What shall it be called?"
        : lacks.trigger
          ? `Which trigger words shall call ${name ?? "it"} up?`
          : "";
  const photos = lacks.photos ? "Attach the photos of it, or a zip of them." : "";
  const word = lacks.trigger ? " A trigger word is one that means nothing yet, with what it is behind it." : "";
  const kept =
    brought > 0 && !lacks.photos
      ? ` The ${brought === 1 ? "file" : `${brought} files`} that you sent will be used: no need to attach them again.`
      : "";
  return `${[ask, photos].filter(Boolean).join(" ")} Say it in one sentence, for example: ${sentence(name, trigger)}.${word}${kept}`.trim();
}

function trained(wish: TrainingWish, made: readonly ReadCall[], memory: Memory): Result {
  const name = said(wish.name);
  const triggers = triggersOf(wish.trigger ?? "");
  const from = source(wish, name ?? "", made, memory);
  if (name === undefined || triggers.length === 0 || !from)
    return {
      problem: question(wish, { name: name === undefined, trigger: triggers.length === 0, photos: !from }, files(wish, memory).length),
    };
  const { steps, rank, seed, resolution } = wish;
  const settings = resolution === undefined ? undefined : { resolution };
  const input = given({ name, trigger_words: triggers, dataset: from.dataset, base_model: said(wish.model), steps, rank, seed, settings });
  return { calls: [...(from.first ? [from.first] : []), { tool: "train_lora", input }] };
}

function gathered(wish: TrainingWish, memory: Memory): Result {
  const name = said(wish.name);
  const photos = files(wish, memory);
  if (name !== undefined && photos.length > 0) return { calls: [datasetCall(wish, name, memory)] };
  const ask = [
    name === undefined ? "What shall the dataset be called?" : "",
    photos.length === 0 ? "Attach the photos, or a zip of them." : "",
  ];
  return { problem: `${ask.filter(Boolean).join(" ")} For example: make a dataset called ${name ?? "biscuit"} from these photos.` };
}

function drawn({ drawn, open, ...call }: ReadCall & { drawn: NonNullable<ReadCall["drawn"]> }): ReadCall {
  const { lora, shown } = drawn;
  const { name, words } =
    "wish" in lora
      ? { name: said(lora.wish.name) ?? "", words: triggersOf(lora.wish.trigger ?? "") }
      : { name: lora.name, words: lora.triggerWords };
  const who = shown ? words.join(", ") || name : "";
  const prompt = [who, call.input["prompt"]].filter(Boolean).join(" ");
  const others = call.input["loras"];
  const loras = [{ name }, ...(Array.isArray(others) ? others : [])];
  return { ...call, input: { ...call.input, prompt, loras }, ...(open ? { open } : {}) };
}

export function finished(read: readonly ReadCall[], memory: Memory): Result {
  const calls: ReadCall[] = [];
  for (const call of read) {
    const { wish, drawn: picture } = call;
    const result: Result = wish
      ? wish.kind === "train"
        ? trained(wish, calls, memory)
        : gathered(wish, memory)
      : { calls: [picture ? drawn({ ...call, drawn: picture }) : call] };
    if ("problem" in result) return result;
    calls.push(...result.calls);
  }
  return { calls };
}
