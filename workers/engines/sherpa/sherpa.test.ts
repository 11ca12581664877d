import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../core/log.ts";
import { createFfmpeg } from "../../ffmpeg/index.ts";
import { type SpeechLine, writeWav } from "../../sound/index.ts";
import { testRun } from "../testing/run.ts";
import type { ChildTask } from "./child.ts";
import { findModel, type SherpaModel } from "./models.ts";
import type { SherpaPackage } from "./package.ts";
import { createSay } from "./say.ts";
import { createSherpa, type SherpaOptions } from "./sherpa.ts";
import { folderWith, pocketFiles, removeAll, zipFiles } from "./testing/files.ts";
import { loadVoice } from "./voice.ts";

afterEach(removeAll);

const reference = writeWav({ sampleRate: 16_000, samples: Float32Array.from({ length: 64_000 }, (_, at) => Math.sin(at / 10) / 3) });
const line = (more: Partial<SpeechLine> = {}): SpeechLine => ({
  ...{ text: "Hello.", language: "en", speed: 1, seed: 7, voice: { kind: "own", reference, transcript: "So I said.", language: "en" } },
  ...more,
});

/** The seam: what a fake of the package was given. */
function fakePackage() {
  const made: unknown[] = [];
  const asked: unknown[] = [];
  const sherpa: SherpaPackage = {
    version: "test",
    OfflineTts: class {
      sampleRate = 24_000;
      constructor(config: unknown) {
        made.push(config);
      }
      generate(request: unknown) {
        asked.push(request);
        return { samples: Float32Array.of(0.5, -0.5), sampleRate: 24_000 };
      }
    },
  };
  return { sherpa, made, asked };
}

async function modelOf(files: readonly string[]): Promise<SherpaModel> {
  const found = await findModel(await folderWith(files));
  if (!("model" in found)) throw new Error("not found");
  return found.model;
}

/** A host that keeps what it is asked, and gives what it is told to. */
function fakeHost(samples = Float32Array.of(0.2, 0.1)) {
  const tasks: ChildTask[] = [];
  const say = async (task: ChildTask) => {
    tasks.push(task);
    return { samples, sampleRate: 24_000 };
  };
  return { tasks, say, close: async () => {} };
}

const sherpaOf = (options: Partial<SherpaOptions>) =>
  createSherpa({ ffmpeg: createFfmpeg({ log: silentLog }), log: silentLog, installed: () => "1.13.8", host: fakeHost(), ...options });

describe("a voice of sherpa-onnx", () => {
  it.each([
    ["zipvoice", zipFiles, 4],
    ["pocket", pocketFiles, 5],
  ] as const)("of %s is made with the names that the package knows, and spoken with recording and words", async (kind, files, numSteps) => {
    const { sherpa, made, asked } = fakePackage();
    const model = await modelOf(files);
    const voice = loadVoice(sherpa, model, 2);
    const sound = { samples: Float32Array.of(0.1), sampleRate: 16_000 };
    expect(voice.say({ text: "Hi.", speed: 1.2, seed: 2 ** 40 + 3, reference: sound, transcript: "So I said." }).sampleRate).toBe(24_000);
    expect(made).toEqual([{ model: { [kind]: model.config, numThreads: 2, debug: false, provider: "cpu" }, maxNumSentences: 1 }]);
    expect(asked).toMatchObject([
      {
        text: "Hi.",
        generationConfig: {
          speed: 1.2,
          numSteps,
          referenceText: "So I said.",
          referenceAudio: sound.samples,
          referenceSampleRate: 16_000,
          extra: { seed: 3 },
        },
      },
    ]);
  });
});

describe("speaking with sherpa-onnx", () => {
  it("gives one sound a line, in order", async () => {
    const host = fakeHost();
    const model = await modelOf(zipFiles);
    const counted: number[] = [];
    const say = createSay({ model: async () => model, host, threads: 1 });
    expect(await say([line(), line({ text: "你好。", language: "zh" })], testRun(), (done) => counted.push(done))).toHaveLength(2);
    expect(host.tasks.map(({ say: { text } }) => text)).toEqual(["Hello.", "你好。"]);
    expect(host.tasks[0]?.say.reference.samples).toHaveLength(64_000);
    expect(counted).toEqual([1, 2]);
  });

  it("names the languages of the model that is there", async () => {
    const model = await modelOf(pocketFiles);
    const say = createSay({ model: async () => model, host: fakeHost(), threads: 1 });
    await expect(say([line({ language: "zh" })], testRun(), () => {})).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("Pocket TTS"),
    });
  });

  it("does not call silence speech", async () => {
    const model = await modelOf(pocketFiles);
    const say = createSay({ model: async () => model, host: fakeHost(new Float32Array(100)), threads: 1 });
    await expect(say([line()], testRun(), () => {})).rejects.toMatchObject({ code: "engine_failed" });
  });
});

describe("the state of sherpa-onnx", () => {
  it("is absent where no folder is named, with the commands", async () => {
    expect(await sherpaOf({}).status()).toMatchObject({ state: "absent", fix: expect.stringContaining("MYSPINBOT_SHERPA_MODELS") });
  });

  it("is absent where the optional package is, with the command that installs it", async () => {
    const models = await folderWith(zipFiles);
    expect(await sherpaOf({ models, installed: () => undefined }).status()).toMatchObject({
      state: "absent",
      fix: expect.stringContaining("npm install --include=optional"),
    });
  });

  it("is down where files are missing in the named folder, and names them", async () => {
    const models = await folderWith(zipFiles.filter((name) => !name.includes("vocos")));
    expect(await sherpaOf({ models }).status()).toMatchObject({ state: "down", note: expect.stringContaining("vocos_24khz.onnx") });
  });

  it("is ready with a whole model, and says which terms its weights have", async () => {
    const sherpa = sherpaOf({ models: await folderWith(zipFiles) });
    expect(await sherpa.status()).toMatchObject({
      state: "ready",
      version: "1.13.8",
      note: expect.stringMatching(/ZipVoice.*non-commercial/),
    });
    expect(sherpa.gpu).toBe(false);
    expect(sherpa.speech.reference).toEqual({ least: 3, most: 10 });
  });
});
