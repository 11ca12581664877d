/** A PrepareContext whose engine plans without any server, for tests of tools. */
import type { Artifact } from "../../core/artifact.ts";
import { Failure } from "../../core/failure.ts";
import { defaultLimits } from "../../core/limits.ts";
import type { Engine, Engines, ImageCapability, UpscaleCapability } from "../../core/ports/engine.ts";
import { localPrincipal } from "../../core/principal.ts";
import { sizeFor } from "../../core/sizes.ts";
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

export function testContext(pictures: readonly Artifact[] = []): PrepareContext {
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
  const engine: Engine & { image: ImageCapability; upscale: UpscaleCapability } = {
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
  };
  const engines: Engines = { all: [engine], get: () => engine, image: async () => engine, upscaler: async () => engine };
  return {
    principal: localPrincipal,
    engines,
    limits: defaultLimits,
    async artifact(id) {
      const found = pictures.find((entry) => entry.id === id);
      if (!found) throw new Failure("unknown_artifact", `There is no file ${id} of yours.`);
      return found;
    },
  };
}
