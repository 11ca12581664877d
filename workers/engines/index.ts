/** The engines of this installation and the choice among them. A new engine is one file beside this one and one line where the list is made. */
import { Failure } from "../../core/failure.ts";
import type { Capability, Engine, Engines, ImageCapability, UpscaleCapability } from "../../core/ports/engine.ts";
import { lacking } from "./lacking.ts";

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

type Capable<Key extends Capability> = Engine & Required<Pick<Engine, Key>>;

function can<Key extends Capability>(engine: Engine, key: Key): engine is Capable<Key> {
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

  /** One that was ours with this once, stays: it is waited for when it is down. */
  const offers = async (engine: Engine, key: Capability): Promise<boolean> => {
    if (!(await isOurs(engine))) return false;
    if (!engine.offers) return true;
    const name = `${engine.id} ${key}`;
    if ((await engine.status()).state !== "ready") return (await choice.seen.get(name)) || !(await choice.seen.get(engine.id));
    await choice.seen.set(engine.id);
    if (!(await engine.offers(key))) return choice.seen.get(name);
    await choice.seen.set(name);
    return true;
  };

  /** The engines that really do it, the preferred one first; the card is not asked where a preview is wished for. */
  const real = async <Key extends Capability>(
    key: Key,
    fits: (engine: Capable<Key>) => boolean = () => true,
  ): Promise<Capable<Key> | undefined> => {
    if (choice.previewOnly) return undefined;
    // asked first: what it takes is known as it was last seen
    for (const engine of [...choice.gpu, choice.upscaler, ...(choice.others ?? [])])
      if (can(engine, key) && (await offers(engine, key)) && fits(engine)) return engine;
    return undefined;
  };

  /** Else the stand-in; where there is none for it, what would bring a real one is said. */
  const either = async <Key extends Capability>(key: Key, fits?: (engine: Capable<Key>) => boolean): Promise<Capable<Key>> => {
    const engine = (await real(key, fits)) ?? choice.preview;
    if (can(engine, key) && (fits?.(engine) ?? true)) return engine;
    throw await lacking(key, choice.gpu);
  };

  const gpuEngine = async <Key extends Capability>(key: Key): Promise<Capable<Key> | undefined> => {
    if (choice.previewOnly) return undefined;
    for (const engine of choice.gpu) if (can(engine, key) && (await isOurs(engine))) return engine;
    return undefined;
  };

  const own = <Key extends Capability>(key: Key, what: string): Capable<Key> => {
    const engine = all.find((entry) => can(entry, key));
    if (engine && can(engine, key)) return engine;
    throw new Failure("engine_unavailable", `This installation cannot ${what}. Update it, then ask again.`);
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
    datasets: () => own("dataset", "make datasets"),
    speech: (clone = false) => either("speech", ({ speech }) => !clone || speech.clone !== undefined),
    motion: () => either("motion"),
    videoUpscaler: () => either("videoUpscale"),
    async lips(takes) {
      // what takes the other kind only is better than nothing: its own words say what it needs
      if (takes) {
        const fit = await real("lips", ({ lips }) => lips.takes.includes(takes));
        if (fit) return fit;
      }
      return either("lips");
    },
    clips: () => own("clip", "join clips"),
  };
}
