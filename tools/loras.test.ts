/** `render_image` with a person's own LoRAs: found by name or id, waited for, and known to nobody else. */
import { describe, expect, it } from "vitest";
import { loraFile, unknownAsset } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import { newId } from "../core/ids.ts";
import { parseInput } from "../core/parse.ts";
import type { Engines, LoraUse, RenderRequest, RenderWish, Run } from "../core/ports/engine.ts";
import type { JobTool } from "../core/tool.ts";
import { renderImage } from "./render-image.ts";
import { aLora } from "./testing/assets.ts";
import { type InSight, testContext } from "./testing/context.ts";
import { failure } from "./testing/failure.ts";

const tool = renderImage as JobTool;
const lora = aLora("biscuit");
const own = { title: "biscuit", family: "sd15", triggerWords: ["bsct dog"] };

/** An engine that knows `ink` alone besides, and says what it was asked. */
async function prepare(loras: object[], sight: InSight = { assets: [lora] }) {
  const context = testContext([], sight);
  const engine = await context.engines.image();
  const asked: LoraUse[][] = [];
  const plan = (wish: RenderWish) => {
    asked.push(wish.loras);
    const strange = wish.loras.find((one) => !one.own && one.name !== "ink");
    if (strange) throw new Failure("unknown_lora", `ComfyUI has no LoRA "${strange.name}". It has: ink.`);
    return engine.image.plan({
      ...wish,
      loras: wish.loras.map(({ name, weight }) => ({ name: name === "ink" ? "ink.safetensors" : name, weight })),
    });
  };
  const engines = { ...context.engines, image: async () => ({ ...engine, image: { ...engine.image, plan } }) } as Engines;
  const prepared = await tool.prepare(parseInput(tool, { prompt: "a dog", loras }) as never, { ...context, engines });
  return { ...prepared, asked: asked[0] };
}

describe("an own LoRA", () => {
  it("is meant by its name, in any case, or its id, and named by its id in what will run", async () => {
    for (const name of ["biscuit", "Biscuit", lora.id]) {
      const { input, asked, needs } = await prepare([{ name, weight: 0.7 }]);
      expect(asked).toEqual([{ name: "biscuit", weight: 0.7, own }]);
      expect(input["loras"]).toEqual([{ name: lora.id, weight: 0.7 }]);
      expect(needs).toBeUndefined();
      expect((await prepare(input["loras"] as object[])).input["loras"]).toEqual(input["loras"]);
    }
  });

  it("goes before one of the engine with the same name; others are the engine's", async () => {
    const ink = aLora("ink", { triggerWords: ["zq ink"] });
    expect((await prepare([{ name: "ink" }], { assets: [ink] })).input["loras"]).toEqual([{ name: ink.id, weight: 1 }]);
    const both = await prepare([{ name: "ink" }, { name: "biscuit" }]);
    expect(both.input["loras"]).toEqual([
      { name: "ink.safetensors", weight: 1 },
      { name: lora.id, weight: 1 },
    ]);
  });

  it("that is promised is waited for, and named by its name", async () => {
    const job = newId("job");
    const makes = { kind: "lora" as const, name: "biscuit", family: "sdxl", triggerWords: ["bsct dog"] };
    const { input, needs, asked } = await prepare([{ name: "Biscuit" }, { name: "biscuit" }], { promises: [{ job, makes }] });
    expect(needs).toEqual([job]);
    expect(input["loras"]).toEqual([1, 2].map(() => ({ name: "biscuit", weight: 1 })));
    expect(asked?.[0]?.own).toEqual({ ...own, family: "sdxl" });
    // of the same plan, before it is accepted
    const early = await prepare([{ name: "biscuit" }], { plan: { makes: [makes], accepted: false } });
    expect([early.needs, early.input["loras"]]).toEqual([undefined, [{ name: "biscuit", weight: 1 }]]);
  });

  it("is not there: both lists are told", async () => {
    const error = await failure(() => prepare([{ name: "biskit" }]));
    expect(error.code).toBe("unknown_lora");
    expect(error.message).toBe(
      'ComfyUI has no LoRA "biskit". It has: ink. There is no LoRA "biskit" of yours. There are: biscuit. list_assets shows them.',
    );
  });

  it("of another person is one that never was, by name, by id, by its file", async () => {
    const theirs = aLora("secret", { principal: "anna" });
    const never = aLora("nothing");
    const names = (one: typeof lora) => [one.name, one.id, loraFile(one.id), loraFile(one.id).replace("/", "\\"), `${one.id}.safetensors`];
    const [with1, with2] = [names(theirs), names(never)];
    for (const [at, name] of with1.entries()) {
      const by = await failure(() => prepare([{ name }], { assets: [theirs] }));
      const unknown = await failure(() => prepare([{ name: with2[at] }], { assets: [theirs] }));
      expect(by.message.replaceAll(name, "X")).toBe(unknown.message.replaceAll(with2[at] ?? "", "X"));
      expect(by.code).toBe(unknown.code);
    }
    // not even its owner says it that way
    expect((await failure(() => prepare([{ name: loraFile(lora.id) }]))).code).toBe("unknown_asset");
  });
});

describe("at run time", () => {
  const resolved = { prompt: "a dog", width: 512, height: 512, seed: 1, steps: 20, model: "m" };

  async function told(loras: object[], needs: string[], known = [lora]): Promise<LoraUse[]> {
    let request: RenderRequest | undefined;
    const engine = {
      image: {
        render: async (one: RenderRequest) => {
          request = one;
        },
      },
    };
    const run = {
      job: { engine: "test", needs },
      asset: async (_kind: string, ref: string) => {
        const found = known.find(({ id, name }) => id === ref || name === ref);
        if (!found) throw unknownAsset("lora", ref, []);
        return found;
      },
    } as unknown as Run;
    await tool.run(parseInput(tool, { ...resolved, loras }) as never, { get: () => engine } as unknown as Engines, run);
    return request?.loras ?? [];
  }

  it("an id becomes the file, with what is known of it; the engine's own names stay", async () => {
    expect(await told([{ name: lora.id, weight: 0.5 }, { name: "ink.safetensors" }], [])).toEqual([
      { name: loraFile(lora.id), weight: 0.5, own },
      { name: "ink.safetensors", weight: 1 },
    ]);
  });

  it("what was promised by name is found by it; a name of the engine's is none of it", async () => {
    expect(await told([{ name: "biscuit" }, { name: "ink" }], [newId("job")])).toEqual([
      { name: loraFile(lora.id), weight: 1, own },
      { name: "ink", weight: 1 },
    ]);
    // accepted as the engine's: an asset that came since does not take its place
    expect(await told([{ name: "biscuit" }], [])).toEqual([{ name: "biscuit", weight: 1 }]);
  });

  it("one that was deleted since is said to be gone", async () => {
    expect((await failure(() => told([{ name: lora.id }], [], []))).code).toBe("unknown_asset");
  });
});
