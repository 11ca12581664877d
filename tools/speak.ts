/** `speak`: text becomes speech, in a voice of the engine's own or in a cloned one. */
import { randomInt } from "node:crypto";
import { z } from "zod";
import { assetIdOf } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import { given } from "../core/json.ts";
import { maxSpeech } from "../core/limits.ts";
import { type SpeakRequest, speechFormats } from "../core/ports/sound.ts";
import { slug } from "../core/slug.ts";
import { defineJobTool, type PrepareContext } from "../core/tool.ts";
import { language, pictureFields, rare } from "./fields.ts";
import { standsIn, titled } from "./sources.ts";

const input = z.strictObject({
  text: z.string().trim().min(1, "say what is to be spoken").describe("What is spoken."),
  voice: z.string().trim().min(1).max(80).optional().describe("Your own by name, or one of list_models; the usual one when absent."),
  language: language.optional().describe("Such as en; that of the voice when absent."),
  speed: z.number().min(0.5, "0.5 to 2").max(2, "0.5 to 2").default(1).describe("1 = as it is."),
  takes: z.int().min(1).max(4, "at most 4 takes a job").default(1).describe("How many tries to choose from."),
  seed: rare(pictureFields.seed),
  format: z.enum(speechFormats).default("mp3").describe("Kind of file."),
});

const mediaTypes = { mp3: "audio/mpeg", wav: "audio/wav", opus: "audio/ogg" } as const;

interface Voice {
  /** How the resolved input names it: an own one by its id where it is ready, by its name where it is promised. */
  ref?: string;
  own?: { title: string; language: string };
  need?: string;
  /** Why it is no own one. */
  unknown?: Failure;
}

async function voiceOf(name: string | undefined, context: PrepareContext): Promise<Voice> {
  if (name === undefined) return {};
  const found = await context.asset("voice", name).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.code !== "unknown_asset") throw error;
    return error;
  });
  if (found instanceof Failure) return { ref: name, unknown: found };
  if ("asset" in found) {
    const { id, name: title, details } = found.asset;
    return { ref: id, ...(details.kind === "voice" ? { own: { title, language: details.language } } : {}) };
  }
  const { promise, job, planned } = found;
  if (promise.kind !== "voice") return { ref: name };
  // by the id that it will have: prepared again when it is there it is the same
  const ref = job !== undefined && !planned ? assetIdOf(job) : promise.name;
  return { ref, own: { title: promise.name, language: promise.language }, ...(job ? { need: job } : {}) };
}

export const speak = defineJobTool({
  name: "speak",
  title: "Speak",
  alias: "say",
  description:
    "Speak a text in a voice (clone_voice makes one of your own). Returns a job id at once; the sound comes when the job is done.",
  input,
  positional: ["text"],
  annotations: { readOnly: false, destructive: false, idempotent: false },

  async prepare(wish, context) {
    if (wish.text.length > maxSpeech)
      throw new Failure(
        "limit_exceeded",
        `The text has ${wish.text.length} characters; at most ${maxSpeech} are spoken in one job. Cut it into several.`,
      );
    const { ref, own, need, unknown } = await voiceOf(wish.voice, context);
    const engine = await context.engines.speech(own !== undefined);
    const { text, speed, takes, format } = wish;
    const plan = await engine.speech
      .plan({
        ...{ text, speed, takes, format, seed: wish.seed ?? randomInt(0, 2 ** 31 - 1 - takes) },
        ...(ref !== undefined ? { voice: ref } : {}),
        ...(wish.language ? { language: wish.language } : {}),
        ...(own ? { own } : {}),
      })
      .catch((error: unknown) => {
        if (error instanceof Failure && error.code === "unknown_asset" && unknown)
          throw new Failure("unknown_asset", `${unknown.message} ${error.message}`);
        throw error;
      });
    const { request, family, vramGb, seconds, notes } = plan;
    return {
      input: given({ ...request }),
      title: titled("Speak", text),
      ...{ engine: engine.id, family, vramGb, class: "interactive" },
      makes: { kind: "file", name: `${slug(text)}.${format}`, mediaType: mediaTypes[format], seconds, preview: standsIn(engine) },
      ...(notes.length > 0 ? { notes } : {}),
      ...(need ? { needs: [need] } : {}),
    };
  },

  async run(job, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.speech)
      throw new Failure("engine_unavailable", `${engine.title} cannot speak. Ask for it again; another engine will take it.`);
    if (job.voice === undefined || job.language === undefined || job.seed === undefined)
      throw new Failure("invalid_input", "This job lacks a voice, language or seed. Ask for it again.");
    await engine.speech.speak(job as SpeakRequest, run);
  },

  reroll({ seed: _seed, ...old }, changes) {
    const { language: _language, ...rest } = old;
    // another voice speaks its own language
    return { ...("voice" in changes && !("language" in changes) ? rest : old), ...changes };
  },
  work: ({ text, takes }) => String(text).length * Number(takes),
});
