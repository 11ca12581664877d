/** `rename_asset`: another name for a LoRA or dataset; its trigger words stay. */
import { z } from "zod";
import { assetName } from "../core/asset.ts";
import { defineAnswerTool } from "../core/tool.ts";
import { assetKind, assetRef, assetTitle, assetView } from "./assets.ts";

export const renameAsset = defineAnswerTool({
  name: "rename_asset",
  title: "Rename an asset",
  alias: "rename",
  description: "Give a LoRA or dataset of yours another name. Its trigger words stay.",
  input: z.strictObject({
    asset: assetRef.describe("Name or id."),
    name: z.string().describe("The new name."),
    kind: assetKind.describe("Where one of each kind has it."),
  }),
  positional: ["asset", "name"],
  annotations: { readOnly: false, destructive: false, idempotent: true },

  async answer({ asset, name, kind }, { studio, principal }) {
    const before = await studio.assets.get(principal, asset, kind);
    const title = assetTitle(before);
    const after = await studio.assets.rename(principal, before.id, assetName(name), before.kind);
    return { text: `The ${title} is called "${after.name}" now.`, data: { asset: assetView(after) } };
  },
});
