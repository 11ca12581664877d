/** Scene, starting picture and words become one PNG. */
import sharp from "sharp";
import { notAPicture } from "../source-picture.ts";
import { type CaptionSpec, captionLayers } from "./caption.ts";
import { sceneSvg } from "./scene.ts";

/** A starting picture, and how far to depart from it (0 to 1). */
export interface Init {
  name: string;
  bytes: Uint8Array;
  strength: number;
}

/** The scene (over the starting picture, as opaque as its strength) without words: PNG of exactly width x height. */
export async function drawScene(spec: CaptionSpec, init?: Init): Promise<Buffer> {
  if (!init)
    return sharp(Buffer.from(sceneSvg(spec)))
      .removeAlpha()
      .png()
      .toBuffer();
  const beneath = await sharp(init.bytes)
    .autoOrient()
    .resize(spec.width, spec.height, { fit: "cover" })
    .toColourspace("srgb")
    .flatten({ background: "white" })
    .png()
    .toBuffer()
    .catch((error: unknown) => {
      throw notAPicture(init.name, error);
    });
  return sharp(beneath)
    .composite([{ input: Buffer.from(sceneSvg(spec, init.strength)) }])
    .removeAlpha()
    .png()
    .toBuffer();
}

/** The finished picture: the same spec and scene always give the same bytes. */
export async function drawWords(scene: Buffer, spec: CaptionSpec): Promise<Buffer> {
  return sharp(scene)
    .composite(await captionLayers(spec))
    .removeAlpha()
    .png()
    .toBuffer();
}

/** A small unfinished JPEG, clearer the nearer `fraction` is to 1, as a sampler would show it. */
export async function drawUnfinished(scene: Buffer, fraction: number): Promise<Buffer> {
  return sharp(scene)
    .resize(256, 256, { fit: "inside" })
    .blur(1 + 14 * (1 - fraction))
    .jpeg({ quality: 70 })
    .toBuffer();
}
