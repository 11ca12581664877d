/** `list_assets`: a person's LoRAs, datasets and voices, each voice with its consent. */
import { z } from "zod";
import { defineAnswerTool } from "../core/tool.ts";
import { assetKind, assetLine, assetView } from "./assets.ts";

export const listAssets = defineAnswerTool({
  name: "list_assets",
  title: "List assets",
  alias: "assets",
  description: "Your LoRAs (with their trigger words), datasets and voices (with their consent), newest first.",
  input: z.strictObject({ kind: assetKind.describe("Only this kind.") }),
  positional: ["kind"],
  annotations: { readOnly: true, destructive: false, idempotent: true },

  async answer({ kind }, { studio, principal }) {
    const assets = await studio.assets.list(principal, { limit: 200, ...(kind ? { kind } : {}) });
    const none =
      "There is none yet. Attach 10 or more photos of one thing and say: train a LoRA called NAME, trigger WORDS. Or attach a recording and say: clone this voice as NAME, it is PERSON.";
    return { text: assets.map(assetLine).join("\n") || none, data: { assets: assets.map(assetView) } };
  },
});
