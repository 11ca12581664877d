/** `make_clip`: one sentence becomes a clip: a voice, a picture, motion, lips and captions, each stage a job of its own that can be done again alone. */
import { Failure } from "../core/failure.ts";
import { given } from "../core/json.ts";
import { maxClipSeconds } from "../core/limits.ts";
import type { ClipRequest } from "../core/ports/video.ts";
import { slug } from "../core/slug.ts";
import { defineJobTool } from "../core/tool.ts";
import { type ClipWish, clipInput } from "./clip-input.ts";
import { rerolledClip, whoIsSeen } from "./clip-reroll.ts";
import { prepareStages } from "./clip-stages.ts";
import { titled } from "./sources.ts";

/** Seconds of silence after the last word. */
const tail = 0.3;

const captionsOf = ({ captions, script, language = "en" }: ClipWish): Pick<ClipRequest, "captions"> =>
  captions ? { captions: { text: script, language } } : {};

export const makeClip = defineJobTool({
  name: "make_clip",
  title: "Make a clip",
  alias: "clip",
  description:
    "A video in which somebody says something: voice, picture (with LoRAs), motion, lip-sync and captions in one go. A person must say yes where a face speaks. Returns a job id; reroll_job makes one stage again.",
  input: clipInput,
  positional: ["script"],
  artifactFields: ["picture"],
  annotations: { readOnly: false, destructive: false, idempotent: false },

  async prepare(wish, context) {
    const { made, voice, shown, lips } = await prepareStages(wish, context);
    const { text, language } = voice.input as { text: string; language: string };
    const spoken = Math.max(1, Math.ceil(voice.seconds + tail));
    // an estimate may be off by a third; what is far too long is better said before the work than after it
    if (voice.seconds > Math.min(wish.seconds ?? maxClipSeconds, maxClipSeconds) * 1.5 + 1 && (!wish.stages || spoken > maxClipSeconds))
      throw new Failure(
        "invalid_input",
        `Speaking this takes about ${spoken} s, the clip has ${wish.seconds ?? "at most"} ${wish.seconds === undefined ? maxClipSeconds : ""} s. Shorten the script, speak faster (speed), or ask for up to ${maxClipSeconds} seconds.`.replace(
          / {2,}/g,
          " ",
        ),
      );
    // made again with other words it is as long as before, or longer where they need it
    const seconds = Math.min(maxClipSeconds, Math.max(wish.seconds ?? 1, spoken));
    const engine = context.engines.clips();
    // what a stage has settled is said once, there
    const { picture: from, lip_sync, captions } = wish;
    const settled: ClipWish = { script: text, language, lip_sync, captions, ...(from === undefined ? {} : { picture: from }) };
    const [picture, sound] = await Promise.all([context.source(shown), context.source("stage:voice")]);
    const plan = await engine.clip.plan({ picture: shown, sound: sound.id, seconds, ...captionsOf(settled) }, { picture, sound });
    const stages = Object.fromEntries(made.map(({ name, tool, input }) => [name, { tool, input }]));
    const preview = picture.preview || sound.preview;
    const notes = [...new Set(made.flatMap((one) => one.notes))];
    return {
      input: given({ ...settled, seconds, stages }),
      title: titled("Clip", text),
      ...{ engine: engine.id, family: plan.family, vramGb: plan.vramGb, class: "interactive" },
      makes: {
        ...{ kind: "file", name: `${slug(text)}.mp4`, mediaType: "video/mp4", width: plan.width, height: plan.height },
        ...{ seconds, sound: true, preview },
      },
      ...(lips?.consent ? { consent: lips.consent } : {}),
      ...(lips?.yes ? { yes: { ...lips.yes, why: [`This makes a clip in ${made.length + 1} steps.`, lips.yes.why].join(" ") } } : {}),
      ...(notes.length > 0 ? { notes } : {}),
    };
  },

  async run(job, engines, run) {
    const { clip } = engines.get(run.job.engine);
    if (!clip) throw new Failure("engine_unavailable", "This installation cannot join clips. Update it, then retry the job.");
    const last = ["upscale", "lips", "motion", "picture"].find((name) => job.stages?.[name]);
    const picture = last ? `stage:${last}` : job.picture;
    if (picture === undefined) throw new Failure("invalid_input", "This clip has nothing to show. Ask for it again.");
    const { artifact, body } = await run.open("stage:voice");
    body.destroy();
    // nothing that is said is cut off: how long it takes is known only now
    const seconds = Math.max(job.seconds ?? 1, (artifact.seconds ?? 0) + tail);
    await clip.join({ picture, sound: "stage:voice", seconds, ...captionsOf(job) }, run);
  },

  work: ({ seconds }) => Number(seconds),
  reroll: rerolledClip,
  restaged: whoIsSeen,
});
