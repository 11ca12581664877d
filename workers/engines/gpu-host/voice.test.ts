/** The speech of gpu-host as a person gets it: what is planned, said and told, and a voice that is cloned. */
import { afterEach, describe, expect, it } from "vitest";
import type { Asset } from "../../../core/asset.ts";
import type { SpeakWish } from "../../../core/ports/sound.ts";
import { testRun } from "../testing/run.ts";
import type { FakeOptions } from "./testing/fake-gpu-host.ts";
import { ffmpeg, tone } from "./testing/media.ts";
import { adapterFor, closeAll, fakeOf } from "./testing/setup.ts";

afterEach(closeAll);

const wish = (more: Partial<SpeakWish> = {}): SpeakWish => ({
  ...{
    text: "Hello there. This is a test.",
    speed: 1,
    seed: 5,
    takes: 1,
    format: "wav",
    voice: "ast_voice",
    own: { title: "June", language: "en" },
  },
  ...more,
});

async function speaking(options: FakeOptions = {}) {
  const fake = await fakeOf(options);
  return { fake, gpuHost: adapterFor(fake.url, { ffmpeg }) };
}

describe("a plan", () => {
  it("names family, memory and what the licence forbids, every time", async () => {
    const { gpuHost } = await speaking();
    const plan = await gpuHost.speech.plan(wish());
    expect(plan).toMatchObject({ family: "gpu-host-voice", vramGb: 2, request: { language: "en", seed: 5 } });
    expect(plan.notes.join(" ")).toContain("F5-TTS's published weights are CC-BY-NC: not for commercial use");
  });

  it("takes square brackets out, and says so; text of nothing else is refused", async () => {
    const { gpuHost } = await speaking();
    const plan = await gpuHost.speech.plan(wish({ text: "Hello [town]." }));
    expect(plan.request.text).not.toMatch(/[[\]]/);
    expect(plan.notes.join(" ")).toContain("Square brackets were taken out");
    expect((await gpuHost.speech.plan(wish())).notes.join(" ")).not.toContain("brackets");
    await expect(gpuHost.speech.plan(wish({ text: "[ ]" }))).rejects.toMatchObject({ code: "invalid_input" });
  });

  it("refuses a language that the model does not speak, and a voice that is nobody's", async () => {
    const { gpuHost } = await speaking();
    await expect(gpuHost.speech.plan(wish({ language: "de" }))).rejects.toMatchObject({ code: "invalid_input" });
    expect(gpuHost.speech.languages).toEqual(["en", "zh"]);
    expect(gpuHost.speech.reference).toEqual({ least: 3, most: 11.9 });
    const { own: _, ...nobody } = wish({ voice: "alan" });
    await expect(gpuHost.speech.plan(nobody)).rejects.toMatchObject({ code: "unknown_asset" });
  });

  it("fails with the remedy where F5-TTS is not set up or gpu-host was never there, and says where it is down", async () => {
    const unset = await speaking({ others: [{ id: "f5-tts", problems: ["F5-TTS is not set up: add [f5_tts]."] }] });
    await expect(unset.gpuHost.speech.plan(wish())).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringContaining("add [f5_tts]"),
    });
    const { fake, gpuHost } = await speaking();
    await gpuHost.speech.plan(wish());
    await fake.stop();
    expect((await gpuHost.speech.plan(wish())).notes.join(" ")).toContain("does not answer now");
    await expect(adapterFor(fake.url, { ffmpeg }).speech.plan(wish())).rejects.toMatchObject({
      code: "engine_unavailable",
      retryable: true,
    });
  });
});

describe("speech", () => {
  const voice: Asset = {
    ...{
      id: "ast_voice",
      principal: "local",
      kind: "voice",
      name: "June",
      job: "job_voice",
      createdAt: new Date(0),
      updatedAt: new Date(0),
    },
    details: {
      ...{ kind: "voice", person: "June", language: "en", transcript: "This is my [own] voice.", transcriptBy: "person" },
      ...{ artifact: "art_reference", sha256: "0".repeat(64), seconds: 5, test: "art_test", warnings: [] },
      original: { artifact: "art_recording", sha256: "0".repeat(64), start: 0 },
      consent: {
        ...{ subject: "voice", person: "June", statement: "It is mine.", references: [], approval: "apr_1", at: "2026-01-01T00:00:00Z" },
        ...{ by: "local", how: "elicitation", face: "chat" },
      },
    },
  };

  it("is one run a take with the model loaded once, and a file with its recipe", async () => {
    const { fake, gpuHost } = await speaking();
    const { request } = await gpuHost.speech.plan(wish({ takes: 2, text: "Hello there. This is a test [of mine]." }));
    const run = testRun({ tool: "speak", input: { seed: 5 }, assets: [voice], files: { art_reference: { bytes: tone(5) } } });
    await gpuHost.speech.speak(request, run);
    expect(fake.media().map(({ asked }) => asked.id)).toEqual(["job_0000000000000001-1-0", "job_0000000000000001-1-100"]);
    expect(fake.media()[1]?.asked.params).toMatchObject({ transcript: "This is my own voice.", speed: 1, model: "f5-tts" });
    expect(fake.media()[1]?.asked.params.lines?.every(({ seed }) => seed === 6)).toBe(true);
    expect(fake.state.warm.loads).toEqual(["f5-tts"]);
    expect(run.saved.map(({ mediaType, recipe }) => [mediaType, recipe.engine, recipe.generated, recipe.preview])).toEqual(
      [1, 2].map(() => ["audio/wav", { id: "gpu-host", version: "0.1.0, f5-tts 1.0" }, true, false]),
    );
  });
});
