/** A PrepareContext whose engine plans without any server, for tests of tools. */
import type { Artifact } from "../../core/artifact.ts";
import type { Asset, Makes } from "../../core/asset.ts";
import { Failure } from "../../core/failure.ts";
import { defaultLimits } from "../../core/limits.ts";
import { parseInput } from "../../core/parse.ts";
import type {
  Capability,
  DatasetCapability,
  Engine,
  Engines,
  ImageCapability,
  TrainCapability,
  TrainRequest,
  UpscaleCapability,
} from "../../core/ports/engine.ts";
import type { SpeechCapability } from "../../core/ports/sound.ts";
import type { ClipCapability, LipsCapability, MotionCapability, VideoUpscaleCapability } from "../../core/ports/video.ts";
import { localPrincipal } from "../../core/principal.ts";
import { assetsInSight, type Plan } from "../../core/promised.ts";
import { sizeFor } from "../../core/sizes.ts";
import { createStages } from "../../core/stages.ts";
import { memoryAssets } from "../../core/testing/memory-assets.ts";
import type { PrepareContext } from "../../core/tool.ts";
import type { Stage } from "../../core/tree.ts";
import { createTools } from "../index.ts";

export function picture(id: string, more: Partial<Artifact> = {}): Artifact {
  return {
    id,
    principal: "local",
    attempt: 1,
    ordinal: 0,
    name: "fox.png",
    mediaType: "image/png",
    bytes: 10,
    sha256: "0".repeat(64),
    storageKey: `uploads/${id}.png`,
    width: 640,
    height: 480,
    createdAt: new Date(0),
    ...more,
  };
}

export interface TestContext extends PrepareContext {
  /** Those that were prepared, in order. */
  readonly stages: readonly Stage[];
}

/** What was made before, what open jobs will make, and the plan that the call is part of. */
export interface InSight {
  assets?: readonly Asset[];
  promises?: readonly { job: string; makes: Makes }[];
  plan?: Plan;
}

const request: Omit<TrainRequest, "name" | "triggerWords" | "dataset"> = {
  ...{ baseModel: "test", family: "sd15", steps: 1000, rank: 16, alpha: 8, learningRate: 0.0001, batchSize: 1, resolution: 512 },
  ...{ optimizer: "AdamW8bit", scheduler: "cosine", precision: "fp16", seed: 1, saveEvery: 200, sampleEvery: 200, samplePrompts: [] },
  smallerOnOom: true,
};

const train: TrainCapability = {
  async plan({ pictures: _pictures, ...wish }) {
    const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
    return {
      request: { ...request, ...given } as TrainRequest,
      ...{ family: "train", vramGb: 8, seconds: [1200, 2400], bytes: { while: 2_000_000_000, after: 40_000_000 } },
      ...{ licence: "unknown", notes: ["It can be used in render_image at once."] },
    };
  },
  async train() {},
};

const dataset: DatasetCapability = {
  plan: async ({ pictures }) => ({ family: "test", vramGb: 0, pictures: pictures.length }),
  async make() {},
};

const noCheck = async () => {};

/** Speech of 10 characters a second, in voices called `test` and `other`; it clones. */
const speech: SpeechCapability = {
  languages: ["en", "de", "es"],
  voices: ["test", "other"],
  reference: { least: 3, most: 10 },
  async plan({ own, voice = "test", language = own?.language ?? "en", ...wish }) {
    if (!own && !speech.voices.includes(voice)) throw new Failure("unknown_asset", `There is no voice "${voice}". There are: test, other.`);
    return { request: { ...wish, voice, language }, family: "test", vramGb: 1, seconds: wish.text.length / 10 / wish.speed, notes: [] };
  },
  speak: noCheck,
  async planClone(wish) {
    const request = { start: 0, seconds: 8, transcript: "hello", language: "en", testSentence: "Good morning.", ...wish };
    return { request: { ...request, transcriptBy: "person" }, family: "test", vramGb: 1, notes: ["It is a little noisy."] };
  },
  clone: noCheck,
};

const motion: MotionCapability = {
  fromWords: async () => false,
  async plan({ seconds = 2, aspect: _aspect, ...wish }, size = { width: 512, height: 512 }) {
    const fps = wish.fps ?? 8;
    const request = { motion: 5, steps: 20, model: "test", ...size, ...wish, fps, frames: Math.round(seconds * fps) };
    return { request, family: "test", vramGb: 1, seconds: request.frames / fps, notes: ["The model is for tests."] };
  },
  render: noCheck,
};

const videoUpscale: VideoUpscaleCapability = {
  plan: async () => ({ family: "test", vramGb: 1, model: "esrgan", notes: [] }),
  upscale: noCheck,
};

const lips: LipsCapability = {
  takes: ["picture", "video"],
  async plan(_request, { face, sound }) {
    return { family: "test", vramGb: 1, seconds: sound.seconds ?? 1, width: face.width ?? 512, height: face.height ?? 512, notes: [] };
  },
  check: noCheck,
  sync: noCheck,
};

const clip: ClipCapability = {
  plan: async (_request, { picture: { width = 512, height = 512 } }) => ({ family: "test", vramGb: 0, width, height }),
  join: noCheck,
};

export function testContext(
  pictures: readonly Artifact[] = [],
  { assets = [], promises = [], plan }: InSight = {},
  principal = localPrincipal,
): TestContext {
  const image: ImageCapability = {
    async plan(wish) {
      const [width, height] = wish.width && wish.height ? [wish.width, wish.height] : sizeFor("sdxl", wish.aspect ?? "square");
      const { aspect: _aspect, ...rest } = wish;
      return { request: { ...rest, width, height, steps: wish.steps ?? 30, model: wish.model ?? "test" }, family: "test", vramGb: 1 };
    },
    async render() {},
  };
  const upscale: UpscaleCapability = {
    async plan() {
      return { family: "test", vramGb: 1, model: "esrgan" };
    },
    async upscale() {},
  };
  const engine: Engine & Required<Pick<Engine, Capability>> = {
    id: "test",
    title: "Test",
    gpu: false,
    families: ["test"],
    async status() {
      return { id: "test", title: "Test", state: "ready" };
    },
    async models() {
      return { engine: "test", checkpoints: [], loras: [], upscalers: [] };
    },
    image,
    upscale,
    train,
    dataset,
    ...{ speech, motion, videoUpscale, lips, clip },
  };
  const first = async () => engine;
  const engines: Engines = {
    all: [engine],
    get: () => engine,
    image: first,
    upscaler: first,
    trainer: first,
    datasets: () => engine,
    ...{ speech: first, motion: first, videoUpscaler: first, lips: first },
    clips: () => engine,
  };
  const store = { assets: memoryAssets(assets), jobs: { promises: async () => [...promises] } };
  const artifact = async (id: string): Promise<Artifact> => {
    const found = pictures.find((entry) => entry.id === id);
    if (!found) throw new Failure("unknown_artifact", `There is no file ${id} of yours.`);
    return found;
  };
  const inSight = assetsInSight(store, principal.id, plan);
  const { stages, ...staged } = createStages({
    ...{ artifact, asset: inSight.asset },
    async prepare(name, input, sight) {
      const tool = createTools().find((one) => one.name === name);
      if (tool?.kind !== "job") throw new Failure("invalid_input", `${name} is no job.`);
      return tool.prepare(parseInput(tool, input) as never, { ...context, ...sight });
    },
  });
  const context: TestContext = {
    ...{ principal, engines, artifact, stages, ...inSight, ...staged },
    limits: defaultLimits,
    open: async (id) => Buffer.from((await artifact(id)).name),
  };
  return context;
}
