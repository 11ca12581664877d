/** What a ComfyUI takes of a card that keeps account: weights by model file, working memory while a node works, freed a while after it was asked to. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FakeVram } from "../../engines/comfyui/testing/fake-state.ts";
import type { FakeCard } from "./card.ts";

const gigabyte = 1024 ** 3;

/** CUDA context and kernels, there as long as the program is. */
const contextGb = 0.3;

/** Weights, and what is worked in on top of them: together what a template says that its family needs. */
const sizes = { sd15: [2.5, 1.5], sdxl: [7, 3], upscale: [1, 2] } as const;

const familyOf = (file: string): keyof typeof sizes => (/xl/i.test(file) ? "sdxl" : /esrgan/i.test(file) ? "upscale" : "sd15");

/** @param freeMs how long it takes to free, drawn each time. */
export function comfyuiOn(card: FakeCard, freeMs: () => number): FakeVram {
  const who = "comfyui";
  const loaded = new Set<string>();
  let last: keyof typeof sizes = "sd15";
  card.take(`${who} context`, contextGb);
  return {
    load(file) {
      last = familyOf(file);
      if (loaded.has(file)) return;
      card.take(who, sizes[last][0]);
      loaded.add(file);
    },
    work(node) {
      if (node !== "KSampler" && node !== "ImageUpscaleWithModel") return () => undefined;
      const gb = sizes[node === "KSampler" ? last : "upscale"][1];
      card.take(who, gb);
      return () => card.give(who, gb);
    },
    async free() {
      await sleep(freeMs());
      loaded.clear();
      card.give(who);
    },
    stats: () => ({
      total: card.totalGb * gigabyte,
      free: card.freeGb() * gigabyte,
      torch: card.heldGb(who) * gigabyte,
    }),
  };
}
