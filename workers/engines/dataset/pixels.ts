/** What is decoded of a picture: never more than the limit, whole or an error, upright, on white, in sRGB. */
import sharp, { type Metadata, type Sharp } from "sharp";
import type { Size } from "./buckets.ts";
import { NotUsable } from "./left-out.ts";
import { maxPixels } from "./limits.ts";

/** By its first bytes: nothing else is ever handed to the decoder. */
function isPicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  return head.startsWith("\x89PNG\r\n\x1a\n") || head.startsWith("\xff\xd8\xff") || (head.startsWith("RIFF") && head.slice(8) === "WEBP");
}

/** Its size as it is seen, from the header alone. @throws NotUsable */
export async function sizeOf(bytes: Uint8Array): Promise<Size> {
  if (!isPicture(bytes)) throw new NotUsable("broken");
  let found: Metadata;
  try {
    found = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw new NotUsable("broken", undefined, error);
  }
  const { width, height } = found.autoOrient;
  if (width * height > maxPixels) throw new NotUsable("pixels", `${width}x${height}`);
  if ((found.pages ?? 1) > 1) throw new NotUsable("animated");
  return { width, height };
}

function open(bytes: Uint8Array): Sharp {
  return sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" })
    .autoOrient()
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb");
}

export interface Pixels extends Size {
  /** 3 bytes a pixel. */
  rgb: Buffer;
}

/** Within `side` × `side`, for looking at it. @throws NotUsable where it is not whole. */
export async function small(bytes: Uint8Array, side: number): Promise<Pixels> {
  try {
    const { data, info } = await open(bytes)
      .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
      .removeAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgb: data };
  } catch (error) {
    throw new NotUsable("broken", undefined, error);
  }
}

/** Scaled to cover `size` and cut to it around the middle, as the trainer would; without any metadata. */
export function cropped(bytes: Uint8Array, size: Size): Sharp {
  return open(bytes)
    .resize({ ...size, fit: "cover" })
    .removeAlpha();
}
