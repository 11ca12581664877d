/** The engines of this installation and the choice among them. A new engine is one file beside this one and one line where the list is made. */
import { Failure } from "../../core/failure.ts";
import type { Engine, Engines, ImageCapability, UpscaleCapability } from "../../core/ports/engine.ts";

export interface EngineChoice {
  /** Engines that use the card, the preferred one first. */
  gpu: readonly Engine[];
  /** Stands in where no GPU engine was ever configured or seen. */
  preview: Engine & { image: ImageCapability };
  /** Real, and always there. */
  upscaler: Engine & { upscale: UpscaleCapability };
  /** Further ones, which tools ask for by name. */
  others?: readonly Engine[];
  /** Use the preview engine whatever else there is (`--preview`). */
  previewOnly: boolean;
  /** Whether the person named this engine in the configuration. */
  configured(id: string): boolean;
  /** Whether it ever answered; kept for good, so that an engine that is merely down is waited for and never replaced by a stand-in. */
  seen: { get(id: string): Promise<boolean>; set(id: string): Promise<void> };
}

type Can = "image" | "upscale" | "train" | "dataset";
type Capable<Key extends Can> = Engine & Required<Pick<Engine, Key>>;

function can<Key extends Can>(engine: Engine, key: Key): engine is Capable<Key> {
  return engine[key] !== undefined;
}

export function createEngines(choice: EngineChoice): Engines {
  const all = [...choice.gpu, choice.preview, choice.upscaler, ...(choice.others ?? [])];

  const isOurs = async (engine: Engine): Promise<boolean> => {
    if (choice.configured(engine.id) || (await choice.seen.get(engine.id))) return true;
    if ((await engine.status()).state !== "ready") return false;
    await choice.seen.set(engine.id);
    return true;
  };

  const gpuEngine = async <Key extends Can>(key: Key): Promise<Capable<Key> | undefined> => {
    if (choice.previewOnly) return undefined;
    for (const engine of choice.gpu) if (can(engine, key) && (await isOurs(engine))) return engine;
    return undefined;
  };

  return {
    all,
    get(id) {
      const engine = all.find((entry) => entry.id === id);
      if (!engine)
        throw new Failure(
          "engine_unavailable",
          `The engine "${id}" is not part of this installation. Ask for the work again; another engine will take it.`,
        );
      return engine;
    },
    async image() {
      return (await gpuEngine("image")) ?? choice.preview;
    },
    async upscaler() {
      const engine = await gpuEngine("upscale");
      // ComfyUI comes without an upscale model; the one on the CPU is as real, only slower
      const models = await engine?.models().catch(() => undefined);
      if (engine && models && models.upscalers.length > 0) return engine;
      return choice.upscaler;
    },
    async trainer() {
      for (const engine of choice.gpu) if (can(engine, "train") && (await isOurs(engine))) return engine;
      const trainer = choice.gpu.find((engine) => can(engine, "train"));
      const fix = trainer && (await trainer.status()).fix;
      throw new Failure(
        "engine_unavailable",
        `A LoRA is trained by gpu-host beside the card, and none was ever found here; nothing stands in for it. ${fix ?? "Set GPU_HOST_URL."} Then ask again.`,
      );
    },
    datasets() {
      const engine = all.find((entry) => can(entry, "dataset"));
      if (engine && can(engine, "dataset")) return engine;
      throw new Failure("engine_unavailable", "This installation cannot make datasets. Update it, then ask again.");
    },
  };
}
