import { describe, expect, it } from "vitest";
import type { Asset } from "../../core/asset.ts";
import type { SpeakRequest, SpeakWish } from "../../core/ports/sound.ts";
import { testRun } from "../engines/testing/run.ts";
import { testFfmpeg } from "../ffmpeg/testing/media.ts";
import { decodeSound } from "./decode.ts";
import { createSpeech } from "./speech.ts";
import { testConsent, testEngine } from "./testing/engine.ts";
import { melody, silence } from "./testing/sounds.ts";
import { readWav, writeWav } from "./wav.ts";

const wish: SpeakWish = { text: "Hello there.", speed: 1, seed: 5, takes: 1, format: "wav" };
const request: SpeakRequest = { ...wish, voice: "Anna", language: "en" };
const june: Asset = {
  ...{ id: "ast_1", principal: "local", kind: "voice", name: "June", job: "job_1", createdAt: new Date(0), updatedAt: new Date(0) },
  details: {
    ...{
      kind: "voice",
      person: "June",
      language: "de",
      transcript: "was ich sage",
      transcriptBy: "person",
      artifact: "art_ref",
      sha256: "0",
      seconds: 4,
    },
    ...{ original: { artifact: "art_1", sha256: "0", start: 0 }, test: "art_t", warnings: [], consent: testConsent },
  },
};

describe("what will be said", () => {
  const { plan } = createSpeech(testEngine({ reference: { least: 3, most: 10 } }));

  it("is planned with the engine's usual voice of the language, and with its notes", async () => {
    expect(await plan(wish)).toMatchObject({
      request: { voice: "Anna", language: "en" },
      family: "test-voice",
      vramGb: 2,
      notes: ["not for sale"],
    });
    expect((await plan({ ...wish, language: "de" })).request.voice).toBe("Bert");
    expect((await plan({ ...wish, voice: "bert" })).request).toMatchObject({ voice: "Bert", language: "de" });
    const long = await plan({ ...wish, text: "a word ".repeat(130) });
    expect(long.seconds).toBeCloseTo((130 * 5) / 13, 0);
  });

  it("is read with an accent where a voice of another language is named, and that is said", async () => {
    expect((await plan({ ...wish, voice: "Bert", language: "en" })).notes.join(" ")).toContain("English, read by a voice that is German");
    expect((await plan({ ...wish, text: "Привет всем" })).notes.join(" ")).toContain("looks Russian");
  });

  it("may be said in a person's own voice, in its language", async () => {
    const own = { title: "June", language: "de" };
    expect((await plan({ ...wish, voice: "ast_1", own })).request).toMatchObject({ voice: "ast_1", language: "de" });
  });

  it.each([
    ["a voice that is not there, naming those that are", { voice: "Zoe" }, "unknown_asset", /Anna, Bert/],
    ["a language that the engine lacks, naming its own", { language: "fr" }, "invalid_input", /en \(English\), de \(German\)/],
    ["an own voice of a language that the engine lacks", { voice: "x", own: { title: "x", language: "pl" } }, "invalid_input", /"pl"/],
    ["empty text", { text: "  " }, "invalid_input", /empty/],
    ["marks alone", { text: "?! ..." }, "invalid_input", /only marks/],
    ["text that is too long, with both numbers", { text: "a".repeat(20_001) }, "invalid_input", /20001 characters; at most 20000/],
  ])("is refused for %s", async (_, more, code, message) => {
    await expect(plan({ ...wish, ...more })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("needs a voice to be named where the engine has none of its own", async () => {
    const { plan: bare } = createSpeech(testEngine({ voices: [], reference: { least: 3, most: 10 } }));
    await expect(bare(wish)).rejects.toMatchObject({ code: "unknown_asset", message: expect.stringContaining("clone_voice") });
  });
});

describe("speech", { timeout: 60_000 }, () => {
  it("is one file a take, each with its own seed and recipe", async () => {
    const parts = testEngine();
    const run = testRun({ tool: "speak", input: { text: wish.text, takes: 2 } });
    await createSpeech(parts).speak({ ...request, takes: 2 }, run);
    expect(run.saved.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ["hello-there-5.wav", "audio/wav"],
      ["hello-there-6.wav", "audio/wav"],
    ]);
    expect(run.saved[1]?.recipe).toMatchObject({
      ...{ tool: "speak", input: { seed: 6, takes: 1 }, engine: { id: "test", version: "7" }, preview: false, generated: true },
      details: { voice: "Anna", language: "en", lines: 1 },
    });
    expect(parts.said.map((lines) => lines[0]?.seed)).toEqual([5, 6]);
    const fractions = run.reported.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it("is cut into lines and joined with pauses, its peak at most -1 dBFS", async () => {
    const parts = testEngine({ sound: () => melody(1, 3) });
    const run = testRun();
    await createSpeech(parts).speak({ ...request, text: "This is the first sentence of it. This is the second sentence of it." }, run);
    expect(parts.said[0]?.map(({ text }) => text)).toEqual(["This is the first sentence of it.", "This is the second sentence of it."]);
    const { samples, sampleRate } = readWav(run.saved[0]?.bytes ?? Buffer.alloc(0));
    expect(samples.length / sampleRate).toBeCloseTo(2.35, 1);
    expect(Math.max(...samples.map(Math.abs))).toBeLessThanOrEqual(0.892);
    const middle = samples.subarray(Math.round(1.1 * sampleRate), Math.round(1.25 * sampleRate));
    expect(Math.max(...middle.map(Math.abs))).toBeLessThan(0.001);
  });

  it.each(["mp3", "opus"] as const)("comes as %s that can be played", async (format) => {
    const run = testRun();
    await createSpeech(testEngine()).speak({ ...request, format }, run);
    const back = await decodeSound(testFfmpeg, run.saved[0]?.bytes ?? Buffer.alloc(0), {
      sampleRate: 24000,
      signal: run.signal,
      maxSeconds: 9,
    });
    expect(back.samples.length).toBeGreaterThan(5000);
    expect(run.saved[0]?.name).toBe(`hello-there-5.${format}`);
  });

  it("uses an own voice's reference and words, before a voice of the engine's with the same name", async () => {
    const parts = testEngine({ reference: { least: 3, most: 10 }, voices: [{ name: "june", language: "en" }] });
    const bytes = writeWav(melody(4));
    await createSpeech(parts).speak({ ...request, voice: "June" }, testRun({ assets: [june], files: { art_ref: { bytes } } }));
    expect(parts.said[0]?.[0]?.voice).toEqual({ kind: "own", reference: Buffer.from(bytes), transcript: "was ich sage", language: "de" });
  });

  it.each([
    ["silent", silence(1), /came back silent \(-\d+ dBFS, at least -60/],
    ["empty", silence(0), /came back silent/],
    ["no numbers", { sampleRate: 24000, samples: new Float32Array(9000).fill(Number.NaN) }, /came back silent/],
  ])("fails where it comes back %s, and saves nothing", async (_, sound, message) => {
    const run = testRun();
    await expect(createSpeech(testEngine({ sound: () => sound })).speak(request, run)).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringMatching(message),
    });
    expect(run.saved).toEqual([]);
  });

  it("ends where it is canceled", async () => {
    const run = testRun({ onProgress: ({ stage, step }, own) => stage === "speaking" && step === 1 && own.abort() });
    await expect(createSpeech(testEngine()).speak({ ...request, takes: 3 }, run)).rejects.toMatchObject({ code: "canceled" });
    expect(run.saved).toEqual([]);
  });

  it("cannot be in a cloned voice where the engine clones none", async () => {
    const run = testRun({ assets: [june], files: { art_ref: { bytes: writeWav(melody(4)) } } });
    await expect(createSpeech(testEngine()).speak({ ...request, voice: "June" }, run)).rejects.toMatchObject({ code: "invalid_input" });
  });
});
