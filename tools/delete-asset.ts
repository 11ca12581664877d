/** `delete_asset`: a LoRA or dataset goes; the files that its job published stay. */
import { z } from "zod";
import { defineAnswerTool } from "../core/tool.ts";
import { assetKind, assetRef, assetTitle, assetView } from "./assets.ts";

const goes = "Its entry goes, and of a LoRA the file that the renderer reads, so that no picture can be made with it any more.";
const stays = "The files of the job that made it can still be downloaded.";

export const deleteAsset = defineAnswerTool({
  name: "delete_asset",
  title: "Delete an asset",
  alias: "delete",
  description: "Delete a LoRA or dataset of yours. A person must say yes first.",
  input: z.strictObject({
    asset: assetRef.describe("Name or id."),
    kind: assetKind.describe("Where one of each kind has it."),
  }),
  positional: ["asset"],
  annotations: { readOnly: false, destructive: true, idempotent: true },

  needsYes: ({ asset, kind }) => ({
    why: `This deletes the ${kind ? assetTitle({ kind, name: asset }) : `asset "${asset}"`} for good. ${goes} ${stays}`,
  }),

  async answer({ asset, kind }, { studio, principal }) {
    const gone = await studio.assets.remove(principal, asset, kind);
    return { text: `The ${assetTitle(gone)} is deleted. ${stays}`, data: { asset: assetView(gone) } };
  },
});
