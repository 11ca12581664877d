/** Looks at every picture once and chooses those that a training can use. */
import type { Run } from "../../../core/ports/engine.ts";
import type { FaceFinder } from "../../faces/finder.ts";
import { unlessAborted } from "./abort.ts";
import type { Brought } from "./brought.ts";
import { type LeftOut, NotUsable } from "./left-out.ts";
import { minSide } from "./limits.ts";
import { type Hash, hashOf, nearDuplicates } from "./near.ts";
import { sizeOf, small } from "./pixels.ts";
import { measuredSide, sharpness } from "./sharpness.ts";

export interface Looked {
  brought: Brought;
  /** Place among all that were brought, from 0. */
  index: number;
  /** As it is seen. */
  width: number;
  height: number;
  sharpness: number;
  hash: Hash;
}

export interface Choice {
  usable: Looked[];
  leftOut: LeftOut[];
}

async function lookAt(brought: Brought, index: number, faces: FaceFinder | undefined, signal: AbortSignal): Promise<Looked> {
  const bytes = await brought.read(signal);
  const size = await sizeOf(bytes);
  if (Math.min(size.width, size.height) < minSide) throw new NotUsable("small", `${size.width}x${size.height}`);
  const pixels = await small(bytes, measuredSide);
  if (faces && (await faces.findFaces(pixels, signal, 1)).length === 0) throw new NotUsable("faceless");
  return { brought, index, ...size, sharpness: sharpness(pixels), hash: await hashOf(pixels) };
}

/** @param faces given where pictures without a face are to be left out. */
export async function chooseUsable(pictures: readonly Brought[], faces: FaceFinder | undefined, run: Run): Promise<Choice> {
  const looked: Looked[] = [];
  const leftOut: LeftOut[] = [];
  for (const [index, brought] of pictures.entries()) {
    run.progress({ stage: "checking", fraction: 0.3 * (index / pictures.length), step: index + 1, steps: pictures.length });
    try {
      looked.push(await unlessAborted(run.signal, lookAt(brought, index, faces, run.signal)));
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(error instanceof NotUsable)) throw error;
      leftOut.push({ name: brought.name, reason: error.reason, ...(error.detail ? { detail: error.detail } : {}) });
    }
  }
  const same = nearDuplicates(looked);
  for (const [picture, like] of same) leftOut.push({ name: picture.brought.name, reason: "near", detail: `like ${like.brought.name}` });
  return { usable: looked.filter((picture) => !same.has(picture)), leftOut };
}
