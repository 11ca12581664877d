/** Which face is meant, and whether it can be worked with. */
import { Failure } from "../../core/failure.ts";
import type { Face } from "./boxes.ts";

export interface Wish {
  /** File name, for the words. */
  name: string;
  /** From the left, from 1; 0 = there is one. */
  who: number;
  /** Pixels that the face must be wide. */
  least: number;
}

/** Where a stand-in goes on without one. */
export class NoFace extends Failure {
  /** @param where file name, or the frames of a video. */
  constructor(where: string, least: number) {
    super(
      "invalid_input",
      `No face was found in ${where}. Give one that shows a person's face from the front, at least ${least} pixels wide and a tenth of the picture.`,
    );
  }
}

export function tooSmall({ name, least }: Wish, width: number): Failure {
  return new Failure(
    "invalid_input",
    `The face in ${name} is about ${Math.round(width)} pixels wide; at least ${least} are needed. Give a larger picture, cut it closer to the face, or upscale it first.`,
  );
}

/** For several faces of whom none was chosen, and for one that is not there. */
export function whichFace({ name, who }: Wish, count: number): Failure {
  const message =
    who === 0
      ? `${name} shows ${count} faces, and it was not said whose lips shall move. Choose by who: 1 is the face on the left, ${count} the one on the right.`
      : `${name} shows ${count} ${count === 1 ? "face" : "faces"}, so who ${who} is not there: it must be ${count === 1 ? "1" : `1 to ${count}`}.`;
  return new Failure("invalid_input", message, { fields: [{ path: "who", message: `0 to ${count}` }] });
}

/** @param faces from left to right. Failure `invalid_input` that says what to change, with the count or the pixels. */
export function chooseFace(faces: readonly Face[], wish: Wish): Face {
  const count = faces.length;
  if (count === 0) throw new NoFace(wish.name, wish.least);
  if (wish.who > count || (wish.who === 0 && count > 1)) throw whichFace(wish, count);
  const face = faces[Math.max(0, wish.who - 1)] as Face;
  if (face.width < wish.least) throw tooSmall(wish, face.width);
  return face;
}
