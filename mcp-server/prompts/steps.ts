/** Sentences that several prompts share: how jobs are submitted, waited for and shown. */
import { asData } from "./quote.ts";

interface Wish {
  aspect?: string | undefined;
  model?: string | undefined;
  lora?: string | undefined;
  negative_prompt?: string | undefined;
  seed?: number | undefined;
}

/** The fields of `render_image` that stay the same for every picture of a series: one picture a call. */
export function sameFields({ lora, ...wish }: Wish, more: object = {}): string {
  return asData({ count: 1, ...wish, ...(lora ? { loras: [{ name: lora }] } : {}), ...more });
}

export const submitThenWait = [
  "Every call answers at once with a job id; nothing is made yet. Make all calls first, then call wait_for_job with each job id, again while that job is not done. Never call render_image a second time for a picture whose job still goes on.",
  "If a call or a job fails, say so in its own words, with the remedy that it names. Show only what wait_for_job gave; a picture marked PREVIEW is no real render, so say that.",
];

/** How one seed serves a series. */
export function oneSeed(seed: number | undefined): string {
  return seed === undefined
    ? "Leave seed out in the first call. Its answer has the seed that was chosen, as job.input.seed: give that one in all other calls, so that the pictures belong together."
    : "The seed is the same in all calls, so that the pictures belong together.";
}

export function oneNegative(negative: string | undefined, example: string): string {
  return negative === undefined ? `Give one negative_prompt, the same in all calls, such as "${example}".` : "";
}

/** Numbered, without the empty ones. */
export function numbered(steps: readonly string[]): string {
  return steps
    .filter(Boolean)
    .map((step, index) => `${index + 1}. ${step}`)
    .join("\n");
}

export function calls(count: number): string {
  return count === 1 ? "one call" : `${count} calls`;
}
