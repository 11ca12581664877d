/** A picture for SadTalker: upright, not too large, and where it shows several people, cut around the one who speaks. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { Failure } from "../../../../core/failure.ts";
import type { LipsRequest } from "../../../../core/ports/video.ts";
import type { Wish } from "../../../faces/choose.ts";
import { fittedSize } from "../../../faces/encode.ts";
import type { FaceFinder } from "../../../faces/finder.ts";
import { type Looked, lookAtPicture } from "../../../faces/look.ts";
import { regionOf } from "../../../faces/region.ts";
import { givenSize, limits, type Prepared } from "./parts.ts";

const maxPixels = 100_000_000;

export const wishOf = (name: string, { who }: Pick<LipsRequest, "who">, kind: "picture" | "video"): Wish => ({
  name,
  who,
  least: limits[kind].least,
});

/** PNG without metadata. Failure `unsupported_media`. */
async function upright(bytes: Uint8Array, name: string): Promise<Buffer> {
  try {
    const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" });
    const { autoOrient } = await image.metadata();
    const { width, height } = fittedSize(autoOrient, limits.picture.side);
    return await image
      .autoOrient()
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .resize({ width, height, fit: "fill" })
      .removeAlpha()
      .png()
      .toBuffer();
  } catch (cause) {
    throw new Failure("unsupported_media", `${name} is not a whole PNG, JPEG or WebP picture. Give one that opens in a picture viewer.`, {
      cause,
    });
  }
}

/** Failures `invalid_input`, `unsupported_media`. */
export async function lookAt(
  finder: FaceFinder,
  bytes: Uint8Array,
  wish: Wish,
  signal: AbortSignal,
): Promise<Looked & { picture: Buffer }> {
  const picture = await upright(bytes, wish.name);
  return { picture, ...(await lookAtPicture(finder, picture, wish, signal)) };
}

export async function preparePicture(
  finder: FaceFinder,
  bytes: Uint8Array,
  wish: Wish,
  folder: string,
  signal: AbortSignal,
): Promise<Prepared> {
  const { picture, face, faces, width, height } = await lookAt(finder, bytes, wish, signal);
  const whole = { face: picture, width, height, faceWidth: face.width, faceless: [] };
  if (faces.length === 1) return whole;
  const others = faces.filter((other) => other !== face);
  const region = regionOf([face], others, { width, height }, wish.name);
  const cut = { left: region.x, top: region.y, width: region.width, height: region.height };
  await writeFile(join(folder, "base.png"), picture);
  return {
    ...{ width, height, faceWidth: face.width, faceless: [] },
    face: await sharp(picture).extract(cut).resize(givenSize(region, 1)).png().toBuffer(),
    over: { file: "base.png", still: true, ...region },
  };
}
