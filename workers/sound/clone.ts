/** Makes the voice: its reference, a sentence to hear it by, and the asset with the consent that it rests on. */
import { buffer } from "node:stream/consumers";
import type { Recipe } from "../../core/artifact.ts";
import { Failure } from "../../core/failure.ts";
import type { Run } from "../../core/ports/engine.ts";
import type { CloneRequest } from "../../core/ports/sound.ts";
import { artifactName } from "../../core/slug.ts";
import { cutText } from "./cut-text.ts";
import { encodeSpeech, speechTypes } from "./encode.ts";
import type { CloneParts } from "./plan-clone.ts";
import { faded, leveled } from "./polish.ts";
import { chooseFrom, readRecording } from "./recording.ts";
import { joinLines } from "./take.ts";
import { writeWav } from "./wav.ts";

export async function clone(request: CloneRequest, parts: CloneParts, run: Run): Promise<void> {
  const { consent } = run.job;
  if (!consent)
    throw new Failure(
      "consent_required",
      `Nobody agreed that the voice of ${request.person} is cloned. Ask again with clone_voice, and answer its question.`,
    );
  run.progress({ stage: "checking", fraction: 0 });
  const { artifact, body } = await run.open(request.audio);
  const options = { signal: run.signal, ...(parts.scratch ? { scratch: parts.scratch } : {}) };
  const recording = await readRecording(parts.ffmpeg, await buffer(body), parts.reference, options);
  const { start, seconds, transcript, transcriptBy, language, person, seed, testSentence } = request;
  const chosen = await chooseFrom(recording, { start, seconds }, parts.reference, run.signal);
  const version = await parts.engine.version();
  const recipe = (more: Pick<Recipe, "preview" | "generated" | "part" | "details">): Recipe => ({
    tool: run.job.tool,
    input: run.job.input,
    engine: { id: parts.engine.id, version },
    ...more,
  });

  const reference = writeWav(leveled(faded(chosen.sound)));
  const referenceName = "reference.wav";
  await run.save({
    name: referenceName,
    mediaType: "audio/wav",
    body: reference,
    // a piece of what the person brought: nothing stands in for anything, and no model made it
    recipe: recipe({ preview: false, generated: false, part: true, details: { original: artifact.id, start, seconds } }),
  });

  const texts = cutText(testSentence, parts.maxCharacters);
  // what an engine is handed is the reference as it will be handed ever after: the stored file gives the same samples
  const voice = { kind: "own" as const, reference, transcript, language };
  run.progress({ stage: "speaking", fraction: 0.2 });
  const sounds = await parts.say(
    texts.map((text) => ({ text, language, speed: 1, seed, voice })),
    run,
    (done, of) => run.progress({ stage: "speaking", fraction: 0.2 + 0.65 * (done / Math.max(1, of)), step: done, steps: of }),
  );
  run.signal.throwIfAborted();
  const spoken = joinLines(texts, sounds);
  run.progress({ stage: "encoding", fraction: 0.9 });
  const testName = artifactName(`${person} ${testSentence}`, seed, "mp3");
  await run.save({
    name: testName,
    mediaType: speechTypes.mp3,
    body: await encodeSpeech(spoken, "mp3", { ...parts, signal: run.signal }),
    recipe: recipe({ preview: parts.preview, generated: parts.generated, details: { person, language, text: testSentence } }),
  });
  run.progress({ stage: "storing", fraction: 0.97 });
  run.makeAsset({
    kind: "voice",
    ...{ person, language, transcript, transcriptBy },
    ...{
      artifact: run.artifactIdOf(referenceName),
      sha256: run.sha256Of(referenceName),
      seconds: chosen.sound.samples.length / chosen.sound.sampleRate,
    },
    original: { artifact: artifact.id, sha256: artifact.sha256, start },
    test: run.artifactIdOf(testName),
    warnings: chosen.notes,
    consent,
  });
}
