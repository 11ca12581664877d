/** Pictures without a GPU: real PNGs that say PREVIEW and what was asked for, so that everything around rendering can be used and tried. */
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../../../core/failure.ts";
import type { Engine, ImageCapability, RenderRequest, Run } from "../../../core/ports/engine.ts";
import { sizeFor } from "../../../core/sizes.ts";
import { artifactName } from "../../../core/slug.ts";
import { sourcePicture } from "../source-picture.ts";
import { drawScene, drawUnfinished, drawWords, type Init } from "./draw.ts";

export interface PreviewOptions {
  /** What else it stands in for; pictures alone where they are absent. */
  others?: Pick<Engine, "speech" | "motion" | "lips">;
  /** Milliseconds of one sampling step. Default: a picture takes about 0.7 s, whatever its steps. */
  stepMs?: number;
}

/** Changes whenever the same request would be drawn otherwise. */
const version = "1";
const model = "preview";
const remedy = "start ComfyUI (COMFYUI_URL says where it is)";

function check(name: string | undefined, loras: RenderRequest["loras"]): void {
  if (name !== undefined && name !== model)
    throw new Failure(
      "unknown_model",
      `There is no model "${name.slice(0, 200)}": without a GPU engine there is only "${model}". Leave model out, or ${remedy}.`,
    );
  if (loras[0])
    throw new Failure(
      "unknown_lora",
      `There is no LoRA "${loras[0].name.slice(0, 200)}": preview pictures know none. Leave loras out, or ${remedy}.`,
    );
}

/** Seed of picture `index` of a series; past 2^53 − 1 it starts again at 0, since nothing larger is exact. */
const seedOf = (seed: number, index: number): number => Number((BigInt(seed) + BigInt(index)) % 2n ** 53n);

export function createPreview(options: PreviewOptions = {}): Engine & { image: ImageCapability } {
  const one = async (request: RenderRequest, index: number, init: Init | undefined, run: Run): Promise<void> => {
    const { steps, count } = request;
    const spec = { ...request, seed: seedOf(request.seed, index) };
    const report = (stage: "loading" | "sampling" | "encoding" | "storing", part: number, more: { step?: number } = {}): void =>
      run.progress({
        stage,
        fraction: (index + part) / count,
        ...(more.step ? { step: more.step, steps } : {}),
        ...(count > 1 ? { note: `picture ${index + 1} of ${count}` } : {}),
      });
    report("loading", 0);
    const scene = await drawScene(spec, init);
    for (let step = 1; step <= steps; step++) {
      run.signal.throwIfAborted();
      await delay(options.stepMs ?? 700 / steps, undefined, { signal: run.signal }).catch(() => run.signal.throwIfAborted());
      report("sampling", 0.05 + 0.8 * (step / steps), { step });
      if (step < steps && step % Math.ceil(steps / 4) === 0) run.preview("image/jpeg", await drawUnfinished(scene, step / steps));
    }
    report("encoding", 0.88);
    const body = await drawWords(scene, spec);
    run.signal.throwIfAborted();
    report("storing", 0.95);
    await run.save({
      name: artifactName(spec.prompt, spec.seed, "png"),
      mediaType: "image/png",
      body,
      recipe: {
        tool: run.job.tool,
        // one picture of a series is made again by its own seed
        input: { ...run.job.input, seed: spec.seed, count: 1 },
        engine: { id: model, version },
        preview: true,
        // drawn by rules: no trained model had a part in it
        generated: false,
        details: { model, steps },
      },
    });
  };

  return {
    id: "preview",
    title: "Preview pictures",
    gpu: false,
    families: ["preview"],
    async status() {
      return {
        id: "preview",
        title: "Preview pictures",
        state: "ready",
        version,
        note: "stand-ins marked PREVIEW, used where there is no GPU engine",
        fix: "start ComfyUI for real pictures (COMFYUI_URL)",
      };
    },
    async models() {
      return {
        engine: "Preview pictures",
        checkpoints: [{ name: model, family: "preview" }],
        loras: [],
        upscalers: [],
        note: `Stand-ins only; ${remedy} for real models and LoRAs.`,
      };
    },
    ...options.others,
    image: {
      async plan({ aspect, width, height, ...wish }) {
        check(wish.model, wish.loras);
        const [w, h] = width && height ? [width, height] : sizeFor("sdxl", aspect ?? "square");
        return { request: { ...wish, width: w, height: h, steps: wish.steps ?? 20, model }, family: "preview", vramGb: 0 };
      },
      async render(request, run) {
        check(request.model, request.loras);
        const source = request.init ? await sourcePicture(run, request.init.image) : undefined;
        const init =
          source && request.init ? { name: source.artifact.name, bytes: source.bytes, strength: request.init.strength } : undefined;
        for (let index = 0; index < request.count; index++) await one(request, index, init, run);
      },
    },
  };
}
