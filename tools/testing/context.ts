/** A PrepareContext whose engine plans without any server, for tests of tools. */
import type { Artifact } from "../../core/artifact.ts";
import type { Asset, Makes } from "../../core/asset.ts";
import { Failure } from "../../core/failure.ts";
import { defaultLimits } from "../../core/limits.ts";
import type {
  DatasetCapability,
  Engine,
  Engines,
  ImageCapability,
  TrainCapability,
  TrainRequest,
  UpscaleCapability,
} from "../../core/ports/engine.ts";
import { localPrincipal } from "../../core/principal.ts";
import { assetsInSight, type Plan } from "../../core/promised.ts";
import { sizeFor } from "../../core/sizes.ts";
import { memoryAssets } from "../../core/testing/memory-assets.ts";
import type { PrepareContext } from "../../core/tool.ts";

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

export function testContext(
  pictures: readonly Artifact[] = [],
  { assets = [], promises = [], plan }: InSight = {},
  principal = localPrincipal,
): PrepareContext {
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
  const engine: Engine & Required<Pick<Engine, "image" | "upscale" | "train" | "dataset">> = {
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
  };
  const first = async () => engine;
  const engines: Engines = {
    all: [engine],
    get: () => engine,
    image: first,
    upscaler: first,
    trainer: first,
    datasets: () => engine,
  };
  const store = { assets: memoryAssets(assets), jobs: { promises: async () => [...promises] } };
  return {
    principal,
    ...assetsInSight(store, principal.id, plan),
    engines,
    limits: defaultLimits,
    async artifact(id) {
      const found = pictures.find((entry) => entry.id === id);
      if (!found) throw new Failure("unknown_artifact", `There is no file ${id} of yours.`);
      return found;
    },
  };
}
