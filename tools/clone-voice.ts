/** `clone_voice`: a short recording becomes a voice to speak with, with the consent of whose it is. */
import { randomInt } from "node:crypto";
import { z } from "zod";
import { assetName } from "../core/asset.ts";
import { voiceStatement } from "../core/consent.ts";
import { Failure } from "../core/failure.ts";
import { given } from "../core/json.ts";
import type { CloneRequest } from "../core/ports/sound.ts";
import { defineJobTool } from "../core/tool.ts";
import { fileRef, language, pictureFields, rare } from "./fields.ts";
import { needsSound } from "./sources.ts";

const input = z.strictObject({
  name: z.string().min(1).max(60).describe("What the voice is called."),
  audio: fileRef.describe("Artifact id of a recording of one person, 3 s to 10 min, without music."),
  person: z.string().trim().min(1, "say whose voice it is").max(80).describe('Whose voice it is: a name, or "me".'),
  transcript: z.string().trim().min(1).max(1000).optional().describe("Word by word what is said in the piece that is used."),
  transcript_by: z.enum(["person", "model"]).optional().describe("Who wrote it down.").meta({ settled: true }),
  language: language.optional().describe("Such as en, spoken in it."),
  start: rare(z.number().min(0).max(600).optional().describe("Seconds into it; chosen when absent.")),
  seconds: rare(z.number().min(3).max(12).optional().describe("How much of it is used; chosen when absent.")),
  test_sentence: z.string().trim().min(1).max(300).optional().describe("Spoken in the new voice, to hear it."),
  seed: rare(pictureFields.seed),
});

export const cloneVoice = defineJobTool({
  name: "clone_voice",
  title: "Clone a voice",
  alias: "clone",
  description:
    "Make a voice from a recording, for speak and make_clip. A person must say yes for whose voice it is; that is kept with it. Returns a job id.",
  input,
  positional: ["name"],
  artifactFields: ["audio"],
  annotations: { readOnly: false, destructive: false, idempotent: false },
  needsYes: ({ person }) => ({ why: `This clones the voice of ${person}.`, statement: voiceStatement(person) }),

  async prepare(wish, context) {
    const name = assetName(wish.name);
    if (await context.taken("voice", name))
      throw new Failure(
        "conflict",
        `You have a voice "${name}" already, or one is being made. Choose another name, or rename_asset or delete_asset that one first.`,
      );
    const source = needsSound(await context.source(wish.audio), "clone_voice");
    const { sha256 } = source;
    if (sha256 === undefined)
      throw new Failure("invalid_input", "A voice is cloned from a recording that is there already. Give its artifact id.");
    const engine = await context.engines.speech(true);
    if (!engine.speech.planClone) throw new Failure("engine_unavailable", `${engine.title} cannot clone voices.`);
    const { name: _name, transcript_by, test_sentence, ...rest } = wish;
    const plan = await engine.speech.planClone(
      {
        ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as typeof rest & {
          audio: string;
          person: string;
        }),
        ...(test_sentence ? { testSentence: test_sentence } : {}),
        seed: wish.seed ?? randomInt(0, 2 ** 31 - 1),
      } as never,
      source,
      context.open,
    );
    const { request, family, vramGb, notes } = plan;
    const { testSentence, transcriptBy, ...settled } = request;
    const { person } = wish;
    const statement = voiceStatement(person);
    const from = `${request.seconds.toFixed(1)} s of ${source.name}, from ${request.start.toFixed(1)} s on`;
    return {
      // what was written down by a model stays so when the same is prepared again
      input: given({ name, ...settled, transcript_by: transcript_by ?? transcriptBy, test_sentence: testSentence }),
      title: `Clone voice: ${name}`,
      ...{ engine: engine.id, family, vramGb, class: "interactive" },
      makes: { kind: "voice", name, language: request.language },
      consent: { subject: "voice", person, statement, references: [{ artifact: source.id, sha256 }] },
      yes: {
        why: [`This clones the voice of ${person} from ${from}, in which is said: "${request.transcript}".`, ...notes].join(" "),
        statement,
      },
      ...(notes.length > 0 ? { notes } : {}),
    };
  },

  async run(job, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.speech?.clone)
      throw new Failure("engine_unavailable", `${engine.title} cannot clone voices. Ask for it again; another engine will take it.`);
    if (!run.job.consent)
      throw new Failure("consent_required", `The voice of ${job.person} is cloned only when a person has agreed. Ask for it again.`);
    const { name: _name, transcript_by: transcriptBy = "person", test_sentence: testSentence, ...request } = job;
    await engine.speech.clone({ ...request, transcriptBy, testSentence } as CloneRequest, run);
  },

  work: () => 1,
});
