/** `delete_asset`: a LoRA, dataset or voice goes; the files that its job published stay, but for a voice: deleting it revokes the consent, and its recordings go too. */
import { z } from "zod";
import { defineAnswerTool } from "../core/tool.ts";
import { assetKind, assetRef, assetTitle, assetView } from "./assets.ts";

const goes = "Its entry goes, and of a LoRA the file that the renderer reads, so that no picture can be made with it any more.";
const stays = "The files of the job that made it can still be downloaded.";
const revoked = "Its recordings go too, and jobs that are to speak with it are canceled. What it has spoken stays.";

export const deleteAsset = defineAnswerTool({
  name: "delete_asset",
  title: "Delete an asset",
  alias: "delete",
  description: "Delete a LoRA, dataset or voice of yours; deleting a voice revokes its consent. A person must say yes first.",
  input: z.strictObject({
    asset: assetRef.describe("Name or id."),
    kind: assetKind.describe("Where one of each kind has it."),
  }),
  positional: ["asset"],
  annotations: { readOnly: false, destructive: true, idempotent: true },

  needsYes: ({ asset, kind }) => {
    const what = kind ? `the ${assetTitle({ kind, name: asset })}` : `the asset "${asset}"`;
    if (kind === "voice") return { why: `This deletes ${what} for good and revokes the consent to it. ${revoked}` };
    return { why: `This deletes ${what} for good. ${goes} ${stays}${kind ? "" : ` Of a voice it revokes the consent. ${revoked}`}` };
  },

  async answer({ asset, kind }, { studio, principal }) {
    const gone = await studio.assets.remove(principal, asset, kind);
    const after = gone.kind === "voice" ? `The consent to it is revoked. ${revoked}` : stays;
    return { text: `The ${assetTitle(gone)} is deleted. ${after}`, data: { asset: assetView(gone) } };
  },
});
