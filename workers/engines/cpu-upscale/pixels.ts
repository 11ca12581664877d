/** From a picture file to plain pixels and back: orientation, colour profile, depth and transparency are dealt with here, so that the network sees RGB bytes alone. */
import sharp from "sharp";

export interface Pixels {
  width: number;
  height: number;
  /** 3 bytes a pixel, sRGB. */
  rgb: Uint8Array;
  /** 1 byte a pixel; absent where nothing is transparent. */
  alpha?: Uint8Array;
}

export async function decode(bytes: Uint8Array): Promise<Pixels> {
  const { hasAlpha } = await sharp(bytes).metadata();
  const upright = sharp(bytes).autoOrient().toColourspace("srgb");
  const { data, info } = await (hasAlpha ? upright.ensureAlpha() : upright.removeAlpha())
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const size = { width: info.width, height: info.height };
  if (!hasAlpha) return { ...size, rgb: data };
  const count = size.width * size.height;
  const rgb = new Uint8Array(count * 3);
  const alpha = new Uint8Array(count);
  for (let pixel = 0; pixel < count; pixel++) {
    rgb.set(data.subarray(pixel * 4, pixel * 4 + 3), pixel * 3);
    alpha[pixel] = data[pixel * 4 + 3] ?? 0;
  }
  if (alpha.every((value) => value === 255)) return { ...size, rgb };
  bleed(rgb, alpha, size.width, size.height);
  return { ...size, rgb, alpha };
}

/** Gives invisible pixels the colour of visible neighbours: what hides there (mostly black) would show as a fringe once enlarged. */
function bleed(rgb: Uint8Array, alpha: Uint8Array, width: number, height: number): void {
  const known = alpha.map((value) => (value > 0 ? 1 : 0));
  const take = (pixel: number, from: number): void => {
    if (known[pixel] || !known[from]) return;
    rgb.copyWithin(pixel * 3, from * 3, from * 3 + 3);
    known[pixel] = 1;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 1; x < width; x++) take(y * width + x, y * width + x - 1);
    for (let x = width - 2; x >= 0; x--) take(y * width + x, y * width + x + 1);
  }
  for (let pixel = width; pixel < width * height; pixel++) take(pixel, pixel - width);
  for (let pixel = width * (height - 1) - 1; pixel >= 0; pixel--) take(pixel, pixel + width);
}

/** Transparency is no picture content: it is resampled, not imagined. */
async function resizeAlpha(source: Pixels & { alpha: Uint8Array }, scale: number): Promise<Buffer> {
  return sharp(source.alpha, { raw: { width: source.width, height: source.height, channels: 1 } })
    .resize(source.width * scale, source.height * scale, { kernel: "cubic" })
    .toColourspace("b-w")
    .raw()
    .toBuffer();
}

/** PNG of `rgb` (the source, `scale` times as wide and high) with the source's transparency. `gray` = the source has no colours, so the result shall have none. */
export async function encode(rgb: Uint8Array, source: Pixels, scale: number, gray: boolean): Promise<Buffer> {
  const size = { width: source.width * scale, height: source.height * scale };
  const colour = sharp(rgb, { raw: { ...size, channels: 3 } });
  const space = gray ? "b-w" : "srgb";
  const { alpha } = source;
  if (!alpha) return colour.toColourspace(space).png().toBuffer();
  const channels = gray ? 1 : 3;
  const opaque = await colour.toColourspace(space).raw().toBuffer();
  return sharp(opaque, { raw: { ...size, channels } })
    .joinChannel(await resizeAlpha({ ...source, alpha }, scale), { raw: { ...size, channels: 1 } })
    .toColourspace(space)
    .png()
    .toBuffer();
}
