import { afterEach, describe, expect, it } from "vitest";
import type { SpeechLine } from "../../sound/index.ts";
import { testRun } from "../testing/run.ts";
import type { FakeOptions } from "./testing/fake-state.ts";
import { type AdapterOptions, closeAll, line, pair, recording } from "./testing/setup.ts";

afterEach(closeAll);

/** What is thrown for a line. */
async function refused(fakeOptions: FakeOptions, lines: SpeechLine = line(), options: AdapterOptions = {}) {
  const { say, folder } = await pair(fakeOptions, options);
  const failure = await say([lines], testRun(), () => {}).then(
    () => undefined,
    (error: { code: string; message: string; retryable: boolean }) => error,
  );
  expect(failure?.message ?? "").not.toContain(folder);
  return failure;
}

describe("what GPT-SoVITS answers", () => {
  it.each([
    ["a second of silence, as where its memory runs out", { faults: ["silence"] }, "engine_failed", /silence instead of speech/],
    ["no bytes at all", { faults: ["nothing"] }, "engine_failed", /silence instead of speech/],
    ["a web page", { faults: ["html"] }, "engine_rejected", /not as GPT-SoVITS.*GPT_SOVITS_URL/],
    ["a 500", { faults: ["crash"] }, "engine_failed", /status 500/],
    ["words of the card's memory", { faults: ["memory"] }, "out_of_memory", /graphics card has too little/],
    ["that its word lists are missing", { faults: ["words"] }, "engine_rejected", /NLTK/],
    ["that it does not know our fields", { faults: ["invalid"] }, "engine_outdated", /another version/],
  ] as const)("is told in plain words: %s", async (_what, { faults }, code, message) => {
    expect(await refused({ faults: [...faults] })).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each(["en", "zh"] as const)("names the 3 to 10 seconds of a recording whatever language its machine has (%s)", async (locale) => {
    for (const seconds of [1, 11])
      expect(await refused({ locale }, line({ reference: recording(seconds) }))).toMatchObject({
        code: "invalid_input",
        message: expect.stringContaining("3 to 10 seconds"),
      });
    expect(await refused({ locale }, line({ reference: recording(3) }))).toBeUndefined();
    expect(await refused({ locale }, line({ reference: recording(10) }))).toBeUndefined();
  });

  it("names the setting where it cannot see the folder", async () => {
    expect(await refused({}, line(), { folderThere: "/elsewhere" })).toMatchObject({
      code: "config",
      message: expect.stringMatching(/GPT_SOVITS_FOLDER .*GPT_SOVITS_FOLDER_THERE/),
    });
  });

  it("names a language that its model lacks, and the model", async () => {
    expect(await refused({ version: "v1" }, line({ language: "ko" }))).toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/model v1.*"ko"/),
    });
  });

  it("takes a line without a letter for nothing that was said", async () => {
    for (const locale of ["en", "zh"] as const)
      expect(await refused({ locale }, line({ text: "..." }))).toMatchObject({ code: "invalid_input" });
    expect(await refused({}, line({ text: "☃ ☃" }))).toMatchObject({ code: "engine_failed" });
  });

  it("reads a WAV whose lengths are those of a stream", async () => {
    const { say } = await pair({ faults: ["stream"] });
    const [sound] = await say([line()], testRun(), () => {});
    expect((sound?.samples.length ?? 0) / (sound?.sampleRate ?? 1)).toBeGreaterThan(1);
  });

  it("takes a model that needs what is said in the recording", async () => {
    expect(await refused({ version: "v3" })).toBeUndefined();
  });
});
