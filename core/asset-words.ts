/** What a job made that has a name: a LoRA and how to draw with it, a dataset with its numbered captions and how to change one. */
import { type Asset, captionLines, type DatasetDetails, type LoraDetails, type VoiceDetails } from "./asset.ts";
import type { JobWithArtifacts } from "./job.ts";
import type { Principal } from "./principal.ts";
import type { Studio } from "./studio.ts";

/** Captions that are shown; edit_dataset shows all. */
const shownCaptions = 12;

function loraWords(name: string, { triggerWords, steps, stepsAsked, pictures, baseModel, licence, samples }: LoraDetails): string {
  const early = steps < stepsAsked ? ` of ${stepsAsked}` : "";
  const words = triggerWords.length > 0 ? ` Its trigger words are put in by themselves: ${triggerWords.join(", ")}.` : "";
  const shown = samples.length > 0 ? ` Its ${samples.length === 1 ? "sample is" : `${samples.length} samples are`} among the files.` : "";
  return [
    `The LoRA "${name}" is ready: ${steps}${early} steps with ${pictures} pictures on ${baseModel} (licence: ${licence}).${shown}`,
    `Say "draw ${name} on the beach", for example.${words}`,
  ].join("\n");
}

function datasetWords(name: string, { pictures, warnings }: DatasetDetails): string {
  const lines = captionLines(pictures);
  const rest = lines.length - shownCaptions;
  return [
    `The dataset "${name}" is ready: ${pictures.length} pictures, numbered as on the sheet.`,
    ...lines.slice(0, shownCaptions),
    ...(rest > 0 ? [`… and ${rest} more: /captions ${name} shows all.`] : []),
    ...warnings,
    'Say "caption 3: a dog on grass" for another caption, "leave out picture 5" to do without one.',
  ].join("\n");
}

function voiceWords(name: string, { person, transcript, transcriptBy, seconds, consent, warnings }: VoiceDetails): string {
  const heard =
    transcriptBy === "model" ? " (written down by a model: correct it where it is wrong, it decides how well the voice comes out)" : "";
  return [
    `The voice "${name}" of ${person} is ready; its test sentence is among the files.`,
    `In its ${seconds.toFixed(1)} s of reference is said: "${transcript}"${heard}.`,
    `Consent: given on ${consent.at.slice(0, 16).replace("T", " ")} UTC. Deleting the voice revokes it.`,
    ...warnings,
    `Say "say good morning in ${name}'s voice", for example.`,
  ].join("\n");
}

export function wordsOfAsset({ name, details }: Asset): string {
  if (details.kind === "voice") return voiceWords(name, details);
  return details.kind === "lora" ? loraWords(name, details) : datasetWords(name, details);
}

/** The asset that a job made, as it is called now; undefined where it made none, or where it is deleted. */
export async function madeBy(studio: Pick<Studio, "assets">, principal: Principal, job: JobWithArtifacts): Promise<Asset | undefined> {
  if (!job.makes || job.makes.kind === "file" || job.state !== "succeeded") return undefined;
  const assets = await studio.assets.list(principal, { limit: 200, kind: job.makes.kind });
  return assets.find((one) => one.job === job.id);
}
