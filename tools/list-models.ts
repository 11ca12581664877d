/** `list_models`: checkpoints, LoRAs with trigger words and upscalers of every engine. */
import { z } from "zod";
import type { JsonObject } from "../core/json.ts";
import type { ModelInfo } from "../core/ports/engine.ts";
import { defineAnswerTool } from "../core/tool.ts";

const kinds = ["checkpoints", "loras", "upscalers"] as const;

function line(model: ModelInfo): string {
  const words = model.triggerWords?.length ? `, say: ${model.triggerWords.join(", ")}` : "";
  return `- ${model.name} (${model.family}${words}${model.licence ? `, licence: ${model.licence}` : ""})`;
}

export const listModels = defineAnswerTool({
  name: "list_models",
  title: "List models",
  alias: "models",
  description: "Which checkpoints, LoRAs (with their trigger words) and upscalers can be used, engine by engine.",
  input: z.strictObject({ kind: z.enum(kinds).optional().describe("Only this kind.") }),
  positional: ["kind"],
  annotations: { readOnly: true, destructive: false, idempotent: true },

  async answer({ kind }, { studio }) {
    const lists = await studio.models();
    const shown = kind ? [kind] : kinds;
    const blocks = lists.flatMap((list) =>
      shown
        .filter((name) => list[name].length > 0)
        .map((name) => `${list.engine}, ${name}:\n${list[name].map(line).join("\n")}`)
        .concat(list.note ? [`${list.engine}: ${list.note}`] : []),
    );
    const data = lists.map((list) => ({
      engine: list.engine,
      ...(list.note ? { note: list.note } : {}),
      ...Object.fromEntries(shown.map((name) => [name, list[name]])),
    }));
    return {
      text: blocks.join("\n\n") || "No models were found. Start ComfyUI and put checkpoints into models/checkpoints.",
      data: { engines: data } as unknown as JsonObject,
    };
  },
});
