/** `edit_voice`: shows what is said in a voice's reference and its consent, and corrects the words. */
import { z } from "zod";
import { Failure } from "../core/failure.ts";
import { defineAnswerTool } from "../core/tool.ts";
import { assetRef, assetView } from "./assets.ts";
import { language } from "./fields.ts";

export const editVoice = defineAnswerTool({
  name: "edit_voice",
  title: "Edit a voice",
  alias: "voice",
  description: "Show a voice of yours with its transcript and consent; correct the transcript.",
  input: z.strictObject({
    voice: assetRef.describe("Name or id."),
    transcript: z.string().trim().min(1).max(1000).optional().describe("Word by word what is said in its reference."),
    language: language.optional().describe("Of the reference, such as en."),
  }),
  positional: ["voice"],
  annotations: { readOnly: false, destructive: false, idempotent: true },

  async answer({ voice, transcript, language: spoken }, { studio, principal }) {
    const found = await studio.assets.get(principal, voice, "voice");
    const change = { ...(transcript ? { transcript, transcriptBy: "person" as const } : {}), ...(spoken ? { language: spoken } : {}) };
    if (found.details.kind === "voice" && transcript) checkFit(transcript, found.details.seconds);
    const asset = Object.keys(change).length > 0 ? await studio.assets.editVoice(principal, found.id, change) : found;
    if (asset.details.kind !== "voice") throw new Failure("invalid_input", `${asset.name} is no voice. list_assets shows yours.`);
    const { person, language: tongue, consent, seconds, transcript: words } = asset.details;
    const agreed = `${consent.at.slice(0, 16).replace("T", " ")} UTC by ${consent.by} (${consent.how})`;
    return {
      text: [
        `Voice ${asset.name} of ${person}, ${tongue}, ${seconds.toFixed(1)} s of reference, in which is said: "${words}".`,
        `Consent of ${agreed}: "${consent.statement}" delete_asset revokes it.`,
      ].join("\n"),
      data: { asset: assetView(asset) },
    };
  },
});

/** Characters that are spoken in a second, at most; of scripts that write syllables, fewer are needed. */
const most = 30;

function checkFit(transcript: string, seconds: number): void {
  if (transcript.length > most * seconds)
    throw new Failure(
      "invalid_input",
      `The transcript has ${transcript.length} characters, the reference ${seconds.toFixed(1)} s: nobody says more than ${Math.floor(most * seconds)} in that. Give the words of the reference alone.`,
    );
}
