/** Finds a model file by what a person called it: case, folder and ending may be left out. */
import { byNearness } from "../../core/nearest.ts";

const plain = (name: string) => name.trim().replaceAll("\\", "/").toLowerCase();
const bare = (name: string) => plain(name).replace(/\.(safetensors|ckpt|pth?|sft|bin|gguf)$/, "");
const base = (name: string) => bare(name).split("/").at(-1) ?? "";

export function matches(wish: string, file: string): boolean {
  return plain(wish) === plain(file) || bare(wish) === bare(file) || bare(wish) === base(file);
}

/** The file meant, the closest way of naming it first; undefined when there is none, or when only the folder tells several apart. */
export function findFile(wish: string, files: readonly string[]): string | undefined {
  if (files.includes(wish)) return wish;
  for (const same of [plain, bare]) {
    const found = files.find((file) => same(file) === same(wish));
    if (found) return found;
  }
  const found = files.filter((file) => base(file) === bare(wish));
  return found.length === 1 ? found[0] : undefined;
}

/** "a, b, c and 4 more", the nearest to what was asked for first. */
export function nearList(wish: string, files: readonly string[], shown = 8): string {
  const sorted = byNearness(wish, files);
  const rest = sorted.length - shown;
  return rest > 0 ? `${sorted.slice(0, shown).join(", ")} and ${rest} more` : sorted.join(", ");
}
