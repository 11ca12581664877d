/** Trigger words of a LoRA from its own metadata; conservative: a wrong word in a prompt is worse than a missing one. */
import { z } from "zod";

/** Tags that describe any picture: never what a LoRA was trained to answer to. */
const common = new Set(
  "1girl,1boy,1man,1woman,girl,boy,man,woman,person,solo,no humans,looking at viewer,simple background,white background,outdoors,indoors,realistic,photo,photorealistic,highres,masterpiece,best quality".split(
    ",",
  ),
);

/** A1111 has parsed what a file holds as text, where it could. */
const parsed = z.preprocess((value) => (typeof value === "string" ? toJson(value) : value), z.record(z.string(), z.unknown()));
const counts = z.record(z.string(), z.number());

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const usable = (word: string) => word.length > 0 && word.length <= 60 && /^[\p{L}\p{N} _'()-]+$/u.test(word);

/** At most two words, the trainer's own first; else the tags that every caption of at least three pictures has. */
export function triggerWords(metadata: Record<string, unknown>): string[] {
  const phrase = metadata["modelspec.trigger_phrase"];
  const said = typeof phrase === "string" ? phrase.split(",").map((word) => word.trim()) : [];
  if (said.some(usable)) return said.filter(usable).slice(0, 2);
  const tags = z.record(z.string(), counts).safeParse(parsed.safeParse(metadata["ss_tag_frequency"]).data).data;
  const folders = z
    .record(z.string(), z.object({ img_count: z.number() }))
    .safeParse(parsed.safeParse(metadata["ss_dataset_dirs"]).data).data;
  if (!tags || !folders) return [];
  const totals = new Map<string, number>();
  for (const folder of Object.values(tags))
    for (const [tag, count] of Object.entries(folder)) totals.set(tag.trim(), (totals.get(tag.trim()) ?? 0) + count);
  const pictures = Object.values(folders).reduce((sum, folder) => sum + folder.img_count, 0);
  if (pictures < 3) return [];
  return [...totals]
    .filter(([tag, count]) => count >= pictures && usable(tag) && !common.has(tag.toLowerCase()))
    .map(([tag]) => tag)
    .slice(0, 2);
}

/** The prompt with every word that it lacks put before it. */
export function withTriggers(prompt: string, words: readonly string[]): string {
  const missing = words.filter((word, index) => !prompt.toLowerCase().includes(word.toLowerCase()) && words.indexOf(word) === index);
  return missing.length ? `${missing.join(", ")}, ${prompt}` : prompt;
}
