/** The stages of a clip, each prepared by its own tool: as they were settled before, or as the wish asks for them. */

import { Failure } from "../core/failure.ts";
import { given, type JsonObject } from "../core/json.ts";
import { maxClipSeconds } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { PrepareContext, Prepared } from "../core/tool.ts";
import type { ClipWish, StageName } from "./clip-input.ts";
import { isVideo } from "./sources.ts";

export interface MadeStage {
  name: StageName;
  tool: string;
  input: JsonObject;
  notes: readonly string[];
}

export interface ClipStages {
  made: MadeStage[];
  voice: { input: JsonObject; seconds: number };
  /** What is seen in the end: a stage's reference or an artifact. */
  shown: string;
  /** Where a face speaks. */
  lips?: Prepared;
}

const tools: Record<StageName, string> = {
  voice: "speak",
  picture: "render_image",
  motion: "render_video",
  lips: "lip_sync",
  upscale: "upscale_video",
};

const secondsOf = ({ makes }: Prepared): number => (makes?.kind === "file" ? (makes.seconds ?? 0) : 0);

/** What starts the picture part: an artifact that was given, or the stage that draws it. */
async function startOf(wish: ClipWish, context: PrepareContext, stage: Staging): Promise<Source> {
  const { picture, prompt, loras, aspect, model } = wish;
  if (picture !== undefined && !wish.stages?.["picture"]) {
    const source = await context.source(picture);
    if (isVideo(source) || source.mediaType.startsWith("image/")) return source;
    throw new Failure(
      "unsupported_media",
      `${source.name} shows nothing: a clip needs a picture or a video. Attach one, or say what is to be seen.`,
    );
  }
  if (!prompt && !wish.stages?.["picture"])
    throw new Failure("invalid_input", "Say what is to be seen (prompt), or give a picture or video of who speaks.");
  await stage("picture", given({ prompt, loras, aspect, model, count: 1 }));
  return context.source("stage:picture");
}

type Staging = (name: StageName, input: JsonObject) => Promise<Prepared>;

export async function prepareStages(wish: ClipWish, context: PrepareContext): Promise<ClipStages> {
  const settled = wish.stages;
  const made: MadeStage[] = [];
  const stage: Staging = async (name, input) => {
    const prepared = await context.stage(name, tools[name], (settled?.[name]?.input as JsonObject | undefined) ?? input);
    made.push({ name, tool: tools[name], input: prepared.input, notes: prepared.notes ?? [] });
    return prepared;
  };

  const { script: text, voice: voiceName, language, speed } = wish;
  // lossless between stages; what is delivered is encoded once, in the clip
  const voice = await stage("voice", given({ text, voice: voiceName, language, speed, format: "wav" }));
  const seconds = Math.min(maxClipSeconds, wish.seconds ?? Math.max(1, Math.ceil(secondsOf(voice))));

  const start = await startOf(wish, context, stage);
  let shown = start.id;

  const wanted = (name: StageName, otherwise: boolean): boolean => (settled ? settled[name] !== undefined : otherwise);
  const speaks = wanted("lips", wish.lip_sync);
  // an engine that moves the head itself wants a still picture
  const takesVideo = speaks ? (await context.engines.lips("video")).lips.takes.includes("video") : true;
  if (wanted("motion", !isVideo(start) && wish.motion !== 0 && takesVideo)) {
    await stage("motion", given({ image: shown, prompt: wish.prompt, seconds: Math.min(60, seconds), motion: wish.motion || undefined }));
    shown = "stage:motion";
  }
  let lips: Prepared | undefined;
  if (speaks) {
    const { person, who } = wish;
    lips = await stage("lips", given({ face: shown, audio: "stage:voice", who, person: person ?? wish.loras?.[0]?.name }));
    shown = "stage:lips";
  }
  if (wanted("upscale", wish.upscale !== undefined)) {
    await stage("upscale", given({ video: shown, scale: wish.upscale }));
    shown = "stage:upscale";
  }
  return { made, voice: { input: voice.input, seconds: secondsOf(voice) }, shown, ...(lips ? { lips } : {}) };
}
