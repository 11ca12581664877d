/** Lets an engine speak in a person's voice, by the way that a job takes. */
import { createHash } from "node:crypto";
import type { Asset } from "../../core/asset.ts";
import type { Consent } from "../../core/consent.ts";
import { testRun } from "../../workers/engines/testing/run.ts";
import { type Pcm, readWav, writeWav } from "../../workers/sound/index.ts";
import type { Cloner } from "./engines.ts";
import type { Person } from "./people.ts";

const consent: Consent = {
  ...{ subject: "voice", statement: "for a measurement", references: [], approval: "none", at: new Date(0).toISOString() },
  ...{ person: "somebody who agreed", by: "local", how: "words", face: "api" },
};

function assetOf(person: Person, bytes: Uint8Array): Asset {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const seconds = person.recording.samples.length / person.recording.sampleRate;
  return {
    ...{ id: "ast_0000000000000001", principal: "local", kind: "voice", name: person.name, job: "job_0000000000000001" },
    ...{ createdAt: new Date(0), updatedAt: new Date(0) },
    details: {
      ...{ kind: "voice", person: person.name, language: "en", transcript: person.transcript, transcriptBy: "person" },
      ...{ artifact: "art_reference", sha256, seconds, original: { artifact: "art_reference", sha256, start: 0 }, test: "art_test" },
      ...{ warnings: [], consent },
    },
  };
}

export async function speakAs(engine: Cloner, person: Person, text: string): Promise<Pcm> {
  const reference = writeWav(person.recording);
  const run = testRun({
    tool: "speak",
    assets: [assetOf(person, reference)],
    files: { art_reference: { bytes: reference, artifact: { name: "reference.wav", mediaType: "audio/wav" } } },
  });
  await engine.speech.speak({ text, voice: person.name, language: "en", speed: 1, seed: 7, takes: 1, format: "wav" }, run);
  const [sound] = run.saved;
  if (!sound) throw new Error(`${engine.title} saved nothing`);
  return readWav(sound.bytes);
}
