import { beforeAll, describe, expect, it } from "vitest";
import type { Consent } from "../../core/consent.ts";
import type { Job } from "../../core/job.ts";
import type { CloneWish } from "../../core/ports/sound.ts";
import { type TestRun, testRun } from "../engines/testing/run.ts";
import { createSpeech } from "./speech.ts";
import { testConsent, testEngine } from "./testing/engine.ts";
import { say } from "./testing/say.ts";
import { melody } from "./testing/sounds.ts";
import type { Transcriber } from "./transcriber.ts";
import { readWav, writeWav } from "./wav.ts";

const said = "My grandmother's house stood near the river, and every summer we went there to swim.";
const wish: CloneWish = { audio: "art_1", person: "June", seed: 9 };
const source = { id: "art_1", name: "june.wav", mediaType: "audio/wav", preview: false };
const hears = (text: string, language = "en"): Transcriber => ({ transcribe: async () => ({ text, language }) });

describe("a voice to clone", { timeout: 120_000 }, () => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = writeWav(await say(said, "en+f3"));
  }, 120_000);

  const speech = (more: Parameters<typeof testEngine>[0] = {}) =>
    createSpeech(testEngine({ reference: { least: 3, most: 11.9 }, maxCharacters: 200, ...more }));
  const plan = (
    own: Partial<CloneWish> = {},
    more: Parameters<typeof testEngine>[0] = {},
    from: Partial<typeof source> & { seconds?: number; sound?: boolean } = {},
  ) => {
    const { planClone } = speech(more);
    if (!planClone) throw new Error("it cannot clone");
    return planClone({ ...wish, ...own }, { ...source, ...from }, async () => bytes);
  };
  const consenting = (run: TestRun): TestRun =>
    Object.assign(run, { job: { ...run.job, consent: testConsent } as Job & { consent: Consent } });

  it("is planned from the best piece with the person's words", async () => {
    const { request, family, notes } = await plan({ transcript: ` ${said} `, language: "en" });
    expect(request).toMatchObject({ audio: "art_1", person: "June", transcript: said, transcriptBy: "person", language: "en", seed: 9 });
    expect(request.seconds).toBeGreaterThan(3);
    expect(request.testSentence).toContain("my new voice");
    expect([family, notes]).toEqual(["test-voice", ["not for sale"]]);
  });

  it("has its words written down where something can, and the language taken from there", async () => {
    const { request } = await plan({}, { transcriber: hears(said) });
    expect(request).toMatchObject({ transcript: said, transcriptBy: "model", language: "en" });
  });

  it("is refused without words where nothing can write them down, and says which seconds are meant", async () => {
    await expect(plan()).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/Give `transcript`, the words from [\d.]+ s to [\d.]+ s.*MYSPINBOT_TRANSCRIBE_URL/),
    });
  });

  it.each([
    ["too few words", "Yes.", /3 characters in \d\.\d s of speech are 0\.\d a second; people speak 4 to 30/],
    ["too many words", said.repeat(4), /people speak 4 to 30/],
    ["no words", "?!", /no words/],
  ])("is refused where the transcript has %s, with the numbers", async (_, transcript, message) => {
    await expect(plan({ transcript })).rejects.toMatchObject({ code: "invalid_input", message: expect.stringMatching(message) });
  });

  it("is refused where a model hears other words, and shows both", async () => {
    const other = "Tomorrow we will all drive to the mountains and eat bread with cheese on top.";
    await expect(plan({ transcript: other }, { transcriber: hears(said) })).rejects.toMatchObject({
      message: expect.stringMatching(/\d+ % of the words differ, at most 60 % may.*grandmother.*mountains/),
    });
  });

  it("keeps the person's words, with a note, where the check cannot be made", async () => {
    const down: Transcriber = { transcribe: () => Promise.reject(new (class extends Error {})("bug")) };
    await expect(plan({ transcript: said }, { transcriber: down })).rejects.toThrow("bug");
    const { Failure } = await import("../../core/failure.ts");
    const absent: Transcriber = { transcribe: () => Promise.reject(new Failure("engine_unavailable", "it does not answer")) };
    const { request, notes } = await plan({ transcript: said, language: "en" }, { transcriber: absent });
    expect(request.transcript).toBe(said);
    expect(notes.join(" ")).toContain("was not checked");
  });

  it("is refused for what is no recording, is too long, or has no sound, before anything is read", async () => {
    await expect(plan({}, {}, { mediaType: "image/png" })).rejects.toMatchObject({ message: expect.stringContaining("no recording") });
    await expect(plan({}, {}, { seconds: 700 })).rejects.toMatchObject({ message: expect.stringContaining("3 to 600 s") });
    await expect(plan({}, {}, { mediaType: "video/mp4", sound: false })).rejects.toMatchObject({
      message: expect.stringContaining("without sound"),
    });
    await expect(plan({ language: "fr" })).rejects.toMatchObject({ message: expect.stringContaining("en (English)") });
  });

  it("says that the language was guessed where nobody told it", async () => {
    expect((await plan({ transcript: said })).notes.join(" ")).toContain("taken for English");
  });

  it("becomes an asset with its reference, a sentence to hear, and the consent it rests on", async () => {
    const parts = testEngine({ reference: { least: 3, most: 11.9 }, maxCharacters: 200 });
    const { planClone, clone } = createSpeech(parts);
    const { request } = (await planClone?.({ ...wish, transcript: said }, source, async () => bytes)) ?? {};
    if (!request || !clone) throw new Error("it cannot clone");
    const run = consenting(testRun({ tool: "clone_voice", files: { art_1: { bytes, artifact: { sha256: "f".repeat(64) } } } }));
    await clone(request, run);
    const [reference, test] = run.saved;
    expect(reference).toMatchObject({
      name: "reference.wav",
      mediaType: "audio/wav",
      recipe: { part: true, preview: false, generated: false },
    });
    const wav = readWav(reference?.bytes ?? Buffer.alloc(0));
    expect([wav.sampleRate, wav.samples.length / 24_000]).toEqual([24_000, expect.closeTo(request.seconds, 1)]);
    expect(test).toMatchObject({ mediaType: "audio/mpeg", recipe: { generated: true, details: { person: "June" } } });
    expect(test?.recipe.part).toBeUndefined();
    expect(parts.said[0]?.[0]).toMatchObject({
      text: request.testSentence,
      seed: 9,
      voice: { kind: "own", transcript: said, language: "en" },
    });
    expect(run.made).toMatchObject({
      ...{
        kind: "voice",
        person: "June",
        language: "en",
        transcript: said,
        transcriptBy: "person",
        artifact: "art_reference.wav",
        warnings: [],
      },
      original: { artifact: "art_1", sha256: "f".repeat(64), start: request.start },
      consent: testConsent,
    });
    expect(run.made).toMatchObject({ sha256: run.sha256Of("reference.wav"), test: `art_${test?.name}` });
  });

  it("is never made without consent", async () => {
    const { clone } = speech();
    const run = testRun({ files: { art_1: { bytes } } });
    const request = {
      ...wish,
      start: 0,
      seconds: 4,
      transcript: said,
      transcriptBy: "person" as const,
      language: "en",
      testSentence: "Hi.",
    };
    await expect(clone?.(request, run)).rejects.toMatchObject({ code: "consent_required", message: expect.stringContaining("June") });
    expect([run.saved, run.made]).toEqual([[], undefined]);
  });

  it("cannot be had of an engine that clones none", () => {
    const { planClone, clone, reference } = createSpeech(testEngine({ sound: () => melody(1) }));
    expect([planClone, clone, reference]).toEqual([undefined, undefined, undefined]);
  });
});
