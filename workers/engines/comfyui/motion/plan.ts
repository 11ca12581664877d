/** From a wish to a request whose every choice is made, and what a person should know of it. */
import { Failure } from "../../../../core/failure.ts";
import type { MotionPlan, MotionRequest, MotionWish } from "../../../../core/ports/video.ts";
import type { ChosenMotion } from "./choose.ts";
import { type MotionKind, presetOf } from "./kinds.ts";
import { fitLength, fitSize } from "./shape.ts";
import { motionNote, usualMotion } from "./words.ts";

/** @param picked `model` is a placeholder where ComfyUI never answered. */
export function planMotion(
  wish: MotionWish,
  picked: Pick<ChosenMotion, "kind" | "model">,
  image: { width: number; height: number } | undefined,
): MotionPlan {
  const { kind, model } = picked;
  if (wish.image === undefined && wish.prompt.trim() === "")
    throw new Failure("invalid_input", "Nothing was said about what is to be seen. Describe the video, or give a picture to start from.");
  const { notes: ofSize, ...size } = fitSize(kind, wish, image);
  const { notes: ofLength, seconds, ...length } = fitLength(kind, wish);
  const motion = wish.motion ?? usualMotion;
  const request: MotionRequest = {
    prompt: wish.prompt,
    negativePrompt: wish.negativePrompt,
    ...size,
    ...length,
    motion,
    seed: wish.seed,
    steps: wish.steps ?? presetOf(kind, model).steps,
    model,
    ...(wish.image !== undefined ? { image: wish.image } : {}),
  };
  return { request, family: kind.family, vramGb: kind.vramGb, seconds, notes: notesOf(kind, request, [...ofSize, ...ofLength]) };
}

function notesOf(kind: MotionKind, { prompt, motion }: MotionRequest, changed: string[]): string[] {
  const unread =
    kind.motion === "bucket" && prompt.trim() !== "" ? [`${kind.title} reads no words: the picture alone says what is seen.`] : [];
  return [...changed, ...unread, ...[motionNote(kind, motion), kind.terms].filter((note) => note !== undefined)];
}

/** A request that was planned before it was known which model there is, as that model can do it. */
export function refit(request: MotionRequest, { kind, model }: Pick<ChosenMotion, "kind" | "model">): MotionRequest {
  const { width, height, frames, fps } = request;
  const shape = fitSize(kind, {}, { width, height });
  const length = fitLength(kind, { seconds: frames / fps });
  return {
    ...request,
    ...{ width: shape.width, height: shape.height, frames: length.frames, fps: length.fps, steps: presetOf(kind, model).steps, model },
  };
}
