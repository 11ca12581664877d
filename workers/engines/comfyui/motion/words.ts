/** What 1 to 10 of motion means to a model, and what its makers recommend to leave out. */
import type { MotionKind } from "./kinds.ts";

export const usualMotion = 5;

/** SVD's motion bucket: 127 is its default, about 20 hardly moves, 255 is the most that it was trained on. */
export function bucketOf(motion: number): number {
  return Math.round(motion <= 5 ? 20 + ((motion - 1) * 107) / 4 : 127 + ((motion - 5) * 128) / 5);
}

const slow = "slow, subtle motion, static camera";
const fast = "fast, dynamic motion, strong camera movement";

const addition = (motion: number) => (motion <= 3 ? slow : motion >= 8 ? fast : undefined);

/** What a person should know of how their wish for motion is met; undefined where it was left at its usual place. */
export function motionNote(kind: MotionKind, motion: number): string | undefined {
  if (kind.motion === "bucket") return undefined;
  const added = addition(motion);
  if (added) return `${kind.title} has no setting for motion: "${added}" was added to the prompt.`;
  return motion === usualMotion
    ? undefined
    : `${kind.title} has no setting for motion, and ${motion} of 10 changes nothing: say in the prompt what moves.`;
}

export function withMotion(prompt: string, motion: number): string {
  const added = addition(motion);
  return [prompt.trim(), ...(added ? [added] : [])].filter(Boolean).join(", ");
}

/** What Wan's own examples leave out, in the language that it was trained on most: overexposed, blurred, subtitles, grey, low quality, deformed, crowded, walking backwards. */
const wanFaults =
  "色调艳丽，过曝，细节模糊不清，字幕，风格，作品，画作，画面，整体发灰，最差质量，低质量，JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，杂乱的背景，三条腿，背景人很多，倒着走";
/** Standing still, which is what little motion may be. */
const wanStill = "，静态，静止，静止不动的画面";
const ltxFaults =
  "low quality, worst quality, deformed, distorted, disfigured, motion smear, motion artifacts, fused fingers, bad anatomy, weird hand, ugly";

/** The person's own words, else what the model's makers use. */
export function negativeFor(kind: MotionKind, negativePrompt: string, motion: number): string {
  if (negativePrompt.trim()) return negativePrompt;
  if (kind.shown === "wan") return motion <= 3 ? wanFaults : wanFaults + wanStill;
  return kind.shown === "ltx" ? ltxFaults : "";
}
