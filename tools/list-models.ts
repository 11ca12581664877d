/** `list_models`: checkpoints, LoRAs with trigger words, upscalers, video models and voices of every engine. */
import { z } from "zod";
import { isAssetFile } from "../core/asset.ts";
import { bringCheckpoint } from "../core/bring-model.ts";
import type { JsonObject } from "../core/json.ts";
import type { ModelInfo, ModelList } from "../core/ports/engine.ts";
import type { Principal } from "../core/principal.ts";
import type { Studio } from "../core/studio.ts";
import { defineAnswerTool } from "../core/tool.ts";

const kinds = ["checkpoints", "loras", "upscalers", "motion", "voices"] as const;
const titles: Partial<Record<(typeof kinds)[number], string>> = { motion: "video models" };

function line(model: ModelInfo): string {
  const words = model.triggerWords?.length ? `, say: ${model.triggerWords.join(", ")}` : "";
  return `- ${model.name} (${model.family}${words}${model.licence ? `, licence: ${model.licence}` : ""})`;
}

/** A person's own LoRAs as a list beside those of the engines; none where there are none. */
async function ownLoras(studio: Studio, principal: Principal): Promise<ModelList[]> {
  const assets = await studio.assets.list(principal, { kind: "lora", limit: 200 });
  const loras = assets.flatMap(({ name, details }) =>
    details.kind === "lora" ? [{ name, family: details.family, triggerWords: details.triggerWords, licence: details.licence }] : [],
  );
  return loras.length > 0 ? [{ engine: "Your own", checkpoints: [], loras, upscalers: [] }] : [];
}

const named = (list: ModelList, kind: (typeof kinds)[number]): readonly ModelInfo[] => list[kind] ?? [];

export const listModels = defineAnswerTool({
  name: "list_models",
  title: "List models",
  alias: "models",
  description: "Which checkpoints, LoRAs (with their trigger words), upscalers, video models and voices can be used, engine by engine.",
  input: z.strictObject({ kind: z.enum(kinds).optional().describe("Only this kind.") }),
  positional: ["kind"],
  annotations: { readOnly: true, destructive: false, idempotent: true },

  async answer({ kind }, { studio, principal }) {
    const own = await ownLoras(studio, principal);
    const engines = await studio.models();
    // nobody knows the file of an asset by its name
    const lists = [...own, ...engines.map((list) => ({ ...list, loras: list.loras.filter(({ name }) => !isAssetFile(name)) }))];
    const shown = kind ? [kind] : kinds;
    const bases = ({ bases: some = [] }: ModelList) => (kind ? [] : some);
    const blocks = lists.flatMap((list) => [
      ...shown
        .filter((name) => named(list, name).length > 0)
        .map((name) => `${list.engine}, ${titles[name] ?? name}:\n${named(list, name).map(line).join("\n")}`),
      ...(bases(list).length > 0 ? [`${list.engine}, base models for training:\n${bases(list).map(line).join("\n")}`] : []),
      ...(list.note ? [`${list.engine}: ${list.note}`] : []),
    ]);
    const data = lists.map((list) => ({
      engine: list.engine,
      ...(list.note ? { note: list.note } : {}),
      ...Object.fromEntries(shown.map((name) => [name, named(list, name)])),
      ...(bases(list).length > 0 ? { bases: bases(list) } : {}),
    }));
    return {
      text: blocks.join("\n\n") || `No models were found, or ComfyUI does not run (\`myspinbot doctor\` tells). ${bringCheckpoint}`,
      data: { engines: data } as unknown as JsonObject,
    };
  },
});
