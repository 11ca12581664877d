/** `lip_sync`: a face speaks what is said in a recording, with the consent of whose it is. */
import { randomInt } from "node:crypto";
import { z } from "zod";
import { faceStatement } from "../core/consent.ts";
import { Failure } from "../core/failure.ts";
import { given } from "../core/json.ts";
import type { LipsRequest } from "../core/ports/video.ts";
import { referencesOf } from "../core/source.ts";
import { defineJobTool } from "../core/tool.ts";
import { fileRef, pictureFields, rare } from "./fields.ts";
import { isVideo, nameOf, needsSound, standsIn, titled } from "./sources.ts";

const input = z.strictObject({
  face: fileRef.describe("Artifact id of a picture or video with one face."),
  audio: fileRef.describe("Artifact id of what is said."),
  person: z.string().trim().min(1).max(80).optional().describe('Whose face it is: a name, "me", or "nobody".'),
  who: rare(z.int().min(0).max(20).default(0).describe("Which face from the left, from 1, where there are several.")),
  faceless: z.enum(["keep", "stop"]).default("keep").describe("Video frames without a face: keep them, or refuse the video."),
  still: rare(z.boolean().default(false).describe("Of a picture: less movement of the head.")),
  seed: rare(pictureFields.seed),
});

/** Within what `person` may have: it is prepared again from it, and a file may have a longer name. */
const seenIn = (name: string): string => {
  const words = `whoever is seen in ${name}`;
  return words.length <= 80 ? words : `${words.slice(0, 79).replace(/[\uD800-\uDBFF]$/, "")}…`;
};

const requestOf = ({ face, audio, who, faceless, still, seed = 0 }: z.output<typeof input>): LipsRequest => ({
  ...{ face, sound: audio, who, faceless, still, seed },
});

export const lipSync = defineJobTool({
  name: "lip_sync",
  title: "Lip-sync",
  alias: "lips",
  description: "Make a face in a picture or video speak a recording. A person must say yes for whose face it is. Returns a job id at once.",
  input,
  positional: ["face", "audio"],
  artifactFields: ["face", "audio"],
  annotations: { readOnly: false, destructive: false, idempotent: false },
  needsYes: ({ person = "whoever it shows" }) => ({ why: `This makes the face of ${person} speak.`, statement: faceStatement(person) }),

  async prepare(given_, context) {
    const wish = { ...given_, seed: given_.seed ?? randomInt(0, 2 ** 31 - 1) };
    const [face, sound] = await Promise.all([context.source(wish.face), context.source(wish.audio)]);
    needsSound(sound, "lip_sync");
    if (!isVideo(face) && !face.mediaType.startsWith("image/"))
      throw new Failure("unsupported_media", `${face.name} shows no face: lip_sync needs a picture or a video. Attach one.`);
    const person = wish.person ?? seenIn(nameOf(face));
    const engine = await context.engines.lips(isVideo(face) ? "video" : "picture");
    const plan = await engine.lips.plan(requestOf(wish), { face, sound }, context.open);
    const { family, vramGb, seconds, width, height, notes } = plan;
    const statement = faceStatement(person);
    return {
      input: given({ ...wish, person }),
      title: titled("Lip-sync", nameOf(face)),
      ...{ engine: engine.id, family, vramGb, class: "interactive" },
      makes: {
        ...{ kind: "file", name: `${face.name.replace(/\.[^.]*$/, "")}-speaks.mp4`, mediaType: "video/mp4" },
        ...{ width, height, seconds, sound: true, preview: standsIn(engine) || face.preview || sound.preview },
      },
      consent: { subject: "face", person, statement, references: referencesOf([face, sound]) },
      yes: { why: [`This makes the face of ${person} speak.`, ...notes].join(" "), statement },
      ...(notes.length > 0 ? { notes } : {}),
    };
  },

  async check(job, engines, run) {
    await engines.get(run.job.engine).lips?.check(requestOf(job), run);
  },

  async run(job, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.lips)
      throw new Failure("engine_unavailable", `${engine.title} cannot move lips. Ask for it again; another engine will take it.`);
    if (!run.job.consent) throw new Failure("consent_required", "A face is made to speak only when a person has agreed. Ask for it again.");
    await engine.lips.sync(requestOf(job), run);
  },
});
