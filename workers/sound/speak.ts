/** Carries out what was planned: one file a take. */
import { buffer } from "node:stream/consumers";
import type { VoiceDetails } from "../../core/asset.ts";
import { Failure } from "../../core/failure.ts";
import type { Run } from "../../core/ports/engine.ts";
import type { SpeakRequest } from "../../core/ports/sound.ts";
import { artifactName } from "../../core/slug.ts";
import { cutText } from "./cut-text.ts";
import { encodeSpeech, speechTypes } from "./encode.ts";
import { builtinVoice, checkText } from "./plan-speech.ts";
import type { SpeechLine, SpeechParts } from "./speech.ts";
import { joinLines } from "./take.ts";

/** Seed of take `index`; past 2^53 − 1 it starts again at 0, since nothing larger is exact. */
const seedOf = (seed: number, index: number): number => Number((BigInt(seed) + BigInt(index)) % 2n ** 53n);

interface Voice {
  voice: SpeechLine["voice"];
  /** For the recipe. */
  facts: { voice: string; ownVoice?: string };
}

async function ownVoice(ref: string, run: Run): Promise<Voice> {
  const asset = await run.asset("voice", ref);
  const details = asset.details as VoiceDetails;
  const { body } = await run.open(details.artifact);
  const reference = await buffer(body);
  return {
    voice: { kind: "own", reference, transcript: details.transcript, language: details.language },
    facts: { voice: asset.name, ownVoice: asset.id },
  };
}

/** An own voice goes before one of the engine's that has the same name: it was planned so. */
async function voiceOf(ref: string, parts: SpeechParts, run: Run): Promise<Voice> {
  const builtin = builtinVoice(ref, parts.voices);
  if (!parts.reference && builtin) return { voice: { kind: "builtin", name: builtin.name }, facts: { voice: builtin.name } };
  try {
    const own = await ownVoice(ref, run);
    if (parts.reference) return own;
  } catch (error) {
    if (!builtin || !(error instanceof Failure) || error.code !== "unknown_asset") throw error;
    return { voice: { kind: "builtin", name: builtin.name }, facts: { voice: builtin.name } };
  }
  throw new Failure(
    "invalid_input",
    `${parts.engine.title} cannot speak in a voice that was cloned. Name one of its own: ${parts.voices.map(({ name }) => name).join(", ")}.`,
  );
}

export async function speak(request: SpeakRequest, parts: SpeechParts, run: Run): Promise<void> {
  checkText(request.text);
  run.progress({ stage: "loading", fraction: 0 });
  const { voice, facts } = await voiceOf(request.voice, parts, run);
  const texts = cutText(request.text, parts.maxCharacters);
  const version = await parts.engine.version();
  const { takes, format, language, speed } = request;
  for (let take = 0; take < takes; take++) {
    run.signal.throwIfAborted();
    const seed = seedOf(request.seed, take);
    const report = (stage: "speaking" | "encoding" | "storing", part: number, step?: number): void =>
      run.progress({
        stage,
        fraction: (take + part) / takes,
        ...(step === undefined ? {} : { step, steps: texts.length }),
        ...(takes > 1 ? { note: `take ${take + 1} of ${takes}` } : {}),
      });
    report("speaking", 0.02, 0);
    const lines = texts.map((text): SpeechLine => ({ text, language, speed, seed, voice }));
    const sounds = await parts.say(lines, run, (done, of) => report("speaking", 0.02 + 0.86 * (done / Math.max(1, of)), done));
    run.signal.throwIfAborted();
    const sound = joinLines(texts, sounds);
    report("encoding", 0.9);
    const body = await encodeSpeech(sound, format, { ...parts, signal: run.signal });
    report("storing", 0.96);
    await run.save({
      name: artifactName(request.text, seed, format),
      mediaType: speechTypes[format],
      body,
      recipe: {
        tool: run.job.tool,
        // one take of several is made again by its own seed
        input: { ...run.job.input, seed, takes: 1 },
        engine: { id: parts.engine.id, version },
        preview: parts.preview,
        generated: parts.generated,
        details: {
          ...facts,
          language,
          speed,
          lines: texts.length,
          seconds: Math.round((sound.samples.length / sound.sampleRate) * 100) / 100,
        },
      },
    });
  }
}
