/** "Redo the voice", "say it slower", "same but at night": the newest clip or speech of the conversation again, and of a clip only what that changes. */
import { isTerminal, type JobWithArtifacts } from "../../../core/job.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Memory } from "../../memory/memory.ts";
import { takeOptions } from "../options.ts";
import { plainWords } from "../training/wish.ts";
import type { CompiledMedia } from "./compile.ts";
import { fieldsOf, given, motions } from "./options.ts";
import type { MediaMeaning, Said } from "./read.ts";

const again = (job_id: string, changes: JsonObject): MediaMeaning => ({ calls: [{ tool: "reroll_job", input: { job_id, ...changes } }] });

/** What is made again is the newest thing here; with something else made since, "say it slower" is about nothing. */
function newest(memory: Memory): JobWithArtifacts | undefined {
  const job = memory.jobs.findLast(({ tree, state }) => tree?.stage === undefined && (state !== "canceled" || isTerminal(state)));
  return job && ["make_clip", "speak", "lip_sync", "render_video"].includes(job.tool) ? job : undefined;
}

/** A change of the picture: options by name, other words behind those that it has. */
function otherPicture(job: JobWithArtifacts, mod: string, media: CompiledMedia): JsonObject | undefined {
  const { rest, fields } = takeOptions(mod, media.language, true);
  const stages = (job.input["stages"] ?? {}) as Record<string, { input: JsonObject }>;
  const before = stages["picture"]?.input["prompt"];
  if (rest === "") return Object.keys(fields).length > 0 ? fields : undefined;
  return typeof before === "string" ? { ...fields, prompt: `${before}, ${rest}` } : undefined;
}

export function redoes(said: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  const job = newest(memory);
  if (!job) return undefined;
  const clip = job.tool === "make_clip";
  const { text, mod, stage } = said;
  const {
    voice,
    speed,
    seconds,
    motion = said["much"] ? motions.much : said["little"] ? motions.little : undefined,
  } = fieldsOf(said, media);
  const changes = given({ text: text === undefined ? undefined : plainWords(text), voice, speed, seconds, motion });
  if (Object.keys(changes).length > 0)
    return clip || job.tool === "speak" || seconds !== undefined || motion !== undefined ? again(job.id, changes) : undefined;
  if (mod !== undefined && clip) {
    const picture = otherPicture(job, mod, media);
    return picture && again(job.id, picture);
  }
  if (stage === undefined || mod !== undefined) return undefined;
  if (!clip) return job.tool === "speak" ? again(job.id, {}) : undefined;
  const name = media.stages.find(([, fits]) => fits.test(stage))?.[0];
  const id = name && job.tree?.stages[name];
  return id === undefined ? { problem: `This clip has no ${stage} of its own that could be made again.` } : again(id, {});
}
