/** Tools that make an asset and that work with one, for tests of what is done with them. */
import { z } from "zod";
import { assetKinds, type Makes } from "../../core/asset.ts";
import { testAsset } from "../../core/testing/memory-assets.ts";
import { defineJobTool, type Tool } from "../../core/tool.ts";
import { thing } from "./scripted-engine.ts";

/** Runs on the engine of this id. */
export const keeper = "keeper";

const annotations = { readOnly: false, destructive: false, idempotent: false };
const place = { engine: keeper, family: keeper, vramGb: 0, class: "interactive" } as const;

const kept = z.strictObject({
  name: z.string().describe("What it is called."),
  kind: z.enum(assetKinds).describe("What it is."),
});

function makesOf({ name, kind }: z.output<typeof kept>): Makes {
  if (kind === "voice") return { kind, name, language: "en" };
  return kind === "lora" ? { kind, name, family: "sd15", triggerWords: ["bsct dog"] } : { kind, name, pictures: 3 };
}

/** @param ready what it waits for before it is done. */
export function keepingAsset(ready: () => Promise<void>): Tool {
  return defineJobTool({
    ...{ name: "keep_asset", title: "Keep an asset", alias: "keep", description: "For tests.", input: kept, annotations },
    prepare: async (wish) => ({ ...place, input: wish, title: `Keep: ${wish.name}`, makes: makesOf(wish) }),
    async run(wish, _engines, run) {
      const stopped = new Promise<never>((_resolve, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason)));
      await Promise.race([ready(), stopped]);
      await thing(run);
      run.makeAsset(testAsset(makesOf(wish)).details);
    },
  });
}

export const keepAsset = keepingAsset(async () => {});

/** Publishes one file that says which asset it found. */
export const useAsset: Tool = defineJobTool({
  ...{ name: "use_asset", title: "Use an asset", alias: "use", description: "For tests.", annotations },
  input: kept,
  async prepare({ name, kind }, context) {
    const found = await context.asset(kind, name);
    const needs = "job" in found && found.job !== undefined ? { needs: [found.job] } : {};
    return { ...place, input: { kind, name: "asset" in found ? found.asset.id : name }, title: `Use: ${name}`, ...needs };
  },
  async run({ name, kind }, _engines, run) {
    await thing(run, (await run.asset(kind, name)).id);
  },
});
