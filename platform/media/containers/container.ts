/** A kind of file as far as words in it go: taken out, put in, read back. What is seen and heard is never encoded again. */
import type { Recipe } from "../../../core/artifact.ts";
import { type Marks, markIn, recipeFromXmp } from "../marks.ts";

export interface Said {
  recipe: Recipe | undefined;
  /** IPTC source type of what a model generated, whoever wrote it. */
  sourceType: string | undefined;
}

/** Each throws Failure `unsupported_media` where the file is not whole. */
export interface Container {
  strip(bytes: Uint8Array): Uint8Array;
  /** In place of all that was said before. */
  stamp(bytes: Uint8Array, marks: Marks): Uint8Array;
  said(bytes: Uint8Array): Said;
}

export const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** No recipe is as long; what is longer is not looked through. */
export const mostWords = 16_000_000;

export function saidByXmp(xmp: Uint8Array | string | undefined): Said {
  const text = typeof xmp === "string" ? xmp : xmp && xmp.length <= mostWords ? bufferOf(xmp).toString() : "";
  return { recipe: recipeFromXmp(text), sourceType: markIn(text) };
}
