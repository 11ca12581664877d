/** Which engine takes the work: a GPU engine once known is waited for, a stand-in only where there never was one, and an upscaler always. */
import { describe, expect, it } from "vitest";
import type {
  DatasetCapability,
  Engine,
  EngineStatus,
  ImageCapability,
  TrainCapability,
  UpscaleCapability,
} from "../../core/ports/engine.ts";
import { createEngines, type EngineChoice } from "./index.ts";

type State = EngineStatus["state"];

const image: ImageCapability = {
  plan: () => Promise.reject(new Error("not asked")),
  render: () => Promise.reject(new Error("not asked")),
};
const upscale: UpscaleCapability = {
  plan: () => Promise.reject(new Error("not asked")),
  upscale: () => Promise.reject(new Error("not asked")),
};

interface FakeEngine extends Engine {
  image: ImageCapability;
  upscale: UpscaleCapability;
  state: State;
  upscalers: string[];
  asked: number;
  broken: boolean;
}

function fake(id: string, state: State = "ready"): FakeEngine {
  const engine: FakeEngine = {
    id,
    title: id,
    gpu: true,
    families: [id],
    image,
    upscale,
    state,
    upscalers: [],
    asked: 0,
    broken: false,
    async status() {
      engine.asked++;
      return { id, title: id, state: engine.state };
    },
    async models() {
      if (engine.broken) throw new Error("connection refused");
      return { engine: id, checkpoints: [], loras: [], upscalers: engine.upscalers.map((name) => ({ name, family: "x" })) };
    },
  };
  return engine;
}

function setUp(gpu: Engine[], more: { configured?: string[]; seen?: string[]; previewOnly?: boolean; others?: Engine[] } = {}) {
  const seen = new Set(more.seen);
  const choice: EngineChoice = {
    gpu,
    others: more.others ?? [],
    preview: fake("preview"),
    upscaler: fake("cpu-upscale"),
    previewOnly: more.previewOnly ?? false,
    configured: (id) => more.configured?.includes(id) ?? false,
    seen: {
      get: async (id) => seen.has(id),
      set: async (id) => void seen.add(id),
    },
  };
  const engines = createEngines(choice);
  return { engines, seen, image: async () => (await engines.image()).id, upscaler: async () => (await engines.upscaler()).id };
}

describe("pictures", () => {
  it.each(["absent", "down"] as const)(
    "come from the preview engine where a GPU engine was never configured or seen (%s)",
    async (state) => {
      const { image, seen } = setUp([fake("comfyui", state)]);
      expect(await image()).toBe("preview");
      expect([...seen]).toEqual([]);
    },
  );

  it("come from the preview engine where there is no other", async () => {
    expect(await setUp([]).image()).toBe("preview");
  });

  it.each(["absent", "down", "ready"] as const)("come from a configured GPU engine however it is now (%s)", async (state) => {
    const comfyui = fake("comfyui", state);
    expect(await setUp([comfyui], { configured: ["comfyui"] }).image()).toBe("comfyui");
    expect(comfyui.asked).toBe(0);
  });

  it("wait for a GPU engine that was seen before this start and is down", async () => {
    expect(await setUp([fake("comfyui", "down")], { seen: ["comfyui"] }).image()).toBe("comfyui");
  });

  it("come from a GPU engine from the moment it first answers, and for good", async () => {
    const comfyui = fake("comfyui", "absent");
    const { image, seen } = setUp([comfyui]);
    expect(await image()).toBe("preview");
    comfyui.state = "ready";
    expect(await image()).toBe("comfyui");
    expect([...seen]).toEqual(["comfyui"]);
    comfyui.state = "down";
    expect(await image()).toBe("comfyui");
  });

  it("come from the preferred of several GPU engines that are there", async () => {
    const [comfyui, forge] = [fake("comfyui", "absent"), fake("forge")];
    const { image } = setUp([comfyui, forge]);
    expect(await image()).toBe("forge");
    comfyui.state = "ready";
    expect(await image()).toBe("comfyui");
  });

  it("are not asked of an engine that makes none", async () => {
    const { image: _image, ...voice } = fake("voice");
    expect(await setUp([voice], { configured: ["voice"] }).image()).toBe("preview");
  });

  it("are previews with --preview, whatever is configured, and nobody else is asked", async () => {
    const comfyui = fake("comfyui");
    const { image, seen } = setUp([comfyui], { configured: ["comfyui"], seen: ["comfyui"], previewOnly: true });
    expect(await image()).toBe("preview");
    expect([comfyui.asked, seen.size]).toEqual([0, 1]);
  });
});

describe("the upscaler", () => {
  it("is the one on the CPU where there is no GPU engine", async () => {
    expect(await setUp([]).upscaler()).toBe("cpu-upscale");
    expect(await setUp([fake("comfyui", "absent")]).upscaler()).toBe("cpu-upscale");
  });

  it("is the GPU engine's where it has an upscale model, and the one on the CPU where it has none", async () => {
    const comfyui = fake("comfyui");
    const { upscaler } = setUp([comfyui]);
    expect(await upscaler()).toBe("cpu-upscale");
    comfyui.upscalers = ["4x-UltraSharp.pth"];
    expect(await upscaler()).toBe("comfyui");
    comfyui.state = "down";
    expect(await upscaler()).toBe("comfyui");
  });

  it("is the one on the CPU where a GPU engine cannot say what it has", async () => {
    const comfyui = fake("comfyui", "down");
    comfyui.broken = true;
    expect(await setUp([comfyui], { configured: ["comfyui"] }).upscaler()).toBe("cpu-upscale");
  });

  it("is the one on the CPU with --preview", async () => {
    const comfyui = fake("comfyui");
    comfyui.upscalers = ["4x.pth"];
    expect(await setUp([comfyui], { configured: ["comfyui"], previewOnly: true }).upscaler()).toBe("cpu-upscale");
  });
});

describe("the list", () => {
  it("has every engine, the preferred first, and finds each by id", () => {
    const { engines } = setUp([fake("comfyui"), fake("forge")]);
    expect(engines.all.map((engine) => engine.id)).toEqual(["comfyui", "forge", "preview", "cpu-upscale"]);
    for (const engine of engines.all) expect(engines.get(engine.id)).toBe(engine);
  });

  it("names an engine that is not part of the installation", () => {
    const { engines } = setUp([]);
    expect(() => engines.get("forge")).toThrow(
      expect.objectContaining({ code: "engine_unavailable", message: expect.stringContaining("forge") }),
    );
  });
});

describe("trainings and datasets", () => {
  const never = () => Promise.reject(new Error("not asked"));
  const train: TrainCapability = { plan: never, train: never };
  const dataset: DatasetCapability = { plan: never, make: never };
  /** It cannot draw. */
  function trainer(state: State): Engine {
    const status = async () => ({ id: "trainer", title: "trainer", state, fix: "Start it by python -m trainer." });
    return { id: "trainer", title: "trainer", gpu: true, families: ["train"], train, status, models: never };
  }

  it("are trained by the one that was configured or seen, however it is now", async () => {
    const { engines, seen } = setUp([fake("comfyui"), trainer("ready")]);
    expect((await engines.trainer()).id).toBe("trainer");
    expect([...seen]).toEqual(["trainer"]);
    expect((await setUp([trainer("down")], { configured: ["trainer"] }).engines.trainer()).id).toBe("trainer");
    expect((await setUp([trainer("down")], { seen: ["trainer"], previewOnly: true }).engines.trainer()).id).toBe("trainer");
  });

  it("have no stand-in: where there never was a trainer, the command that starts one is named", async () => {
    for (const gpu of [[fake("comfyui"), trainer("absent")], [fake("comfyui")], []]) {
      const failed = setUp(gpu).engines.trainer();
      await expect(failed).rejects.toMatchObject({ code: "engine_unavailable" });
      await expect(failed).rejects.toThrow(gpu.length === 2 ? "python -m trainer" : "GPU_HOST_URL");
    }
  });

  it("a trainer is never asked to draw", async () => {
    expect(await setUp([trainer("ready")]).image()).toBe("preview");
  });

  it("datasets are made by the engine that can", () => {
    const maker: Engine = { ...trainer("ready"), id: "dataset", gpu: false, dataset };
    expect(setUp([], { others: [maker] }).engines.datasets().id).toBe("dataset");
    expect(() => setUp([]).engines.datasets()).toThrow("cannot make datasets");
  });
});
