/** Photos that are told apart as real ones are: large shapes of their own for each seed, with fine grain on them. */
import sharp, { type Sharp } from "sharp";

function numbers(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @param grain how strong the grain is: 0 = none, so that it is blurred to any eye */
export async function photo(seed: number, width = 640, height = 480, grain = 60): Promise<Sharp> {
  const next = numbers(seed);
  const shapes = Buffer.from(Array.from({ length: 11 * 9 * 3 }, () => 30 + next() * 190));
  const rgb = await sharp(shapes, { raw: { width: 11, height: 9, channels: 3 } })
    .resize(width, height, { fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
  if (grain > 0)
    for (let at = 0; at < rgb.length; at += 3) {
      const change = (next() - 0.5) * grain;
      for (let colour = at; colour < at + 3; colour++) rgb[colour] = Math.min(255, Math.max(0, (rgb[colour] ?? 0) + change));
    }
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

export const jpeg = async (seed: number, width?: number, height?: number): Promise<Buffer> =>
  (await photo(seed, width, height)).jpeg({ quality: 92 }).toBuffer();

/** As a phone leaves it: turned, with a place, a maker and a thumbnail's worth of words in it. */
export const fromPhone = async (seed: number, orientation = 6): Promise<Buffer> =>
  (await photo(seed))
    .withExif({ IFD0: { Make: "PhoneMaker", Copyright: "Somebody" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "59/1 20/1 0/1" } })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>')
    .withMetadata({ orientation })
    .jpeg()
    .toBuffer();
