/** Words as pictures to lay over a video: ffmpeg's own text filters are missing in some builds, and read markup. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";

const require = createRequire(import.meta.url);
/** The font comes with us: a machine without any can draw too. */
const fontfile = (): string => join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf", "DejaVuSans-Bold.ttf");

/** Scripts that the font has, and what belongs to none. */
const drawn = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Common}\p{Script=Inherited}]*$/u;

/** Whether its letters can be drawn. Others (Chinese, Japanese, Korean, Thai, Hindi, Arabic, Hebrew ...) would be boxes, or stand in the wrong order. */
export const canDraw = (text: string): boolean => drawn.test(text);

const escapeMarkup = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cs}\p{Co}\u202a-\u202e\u2066-\u2069]/gu, " ");

/** White on nothing; `size` = pixels of a letter's body. */
async function words(text: string, size: number, width: number): Promise<{ input: Buffer; width: number; height: number }> {
  const picture = sharp({
    text: {
      text: `<span foreground="white">${escapeMarkup(clean(text))}</span>`,
      font: "DejaVu Sans Bold 12",
      fontfile: fontfile(),
      ...{ width, align: "centre", wrap: "word-char", rgba: true, dpi: Math.round(size * 6) },
    },
  });
  const { data, info } = await picture.png().toBuffer({ resolveWithObject: true });
  return { input: data, width: info.width, height: info.height };
}

const panel = (width: number, height: number, opacity: number): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" rx="${Math.round(height / 12)}" fill="black" opacity="${opacity}"/></svg>`,
  );

const empty = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });

/** Height of the strip in which captions stand, above the lower edge. */
export const stripHeight = (height: number): number => Math.max(2, Math.round((height * 0.3) / 2) * 2);

/** PNG as wide as the video, transparent but for the words at its bottom. No lines = nothing. */
export async function captionStrip(lines: readonly string[], video: { width: number; height: number }): Promise<Buffer> {
  const height = stripHeight(video.height);
  const strip = empty(video.width, height);
  if (lines.length === 0) return strip.png().toBuffer();
  const inner = Math.max(1, Math.floor(video.width * 0.9));
  const most = Math.floor(height * 0.8);
  let size = Math.max(8, Math.round(Math.min(video.height * 0.048, video.width * 0.036)));
  let text = await words(lines.join("\n"), size, inner);
  while ((text.height > most || text.width > inner) && size > 6) text = await words(lines.join("\n"), --size, inner);
  const pad = Math.round(size * 0.4);
  const box = { width: Math.min(video.width, text.width + pad * 4), height: Math.min(height, text.height + pad * 2) };
  const top = Math.max(0, height - box.height - Math.round(video.height * 0.04));
  const left = Math.round((video.width - box.width) / 2);
  const fits = await sharp(text.input)
    .extract({ left: 0, top: 0, width: Math.min(text.width, video.width), height: Math.min(text.height, height) })
    .png()
    .toBuffer();
  const at = {
    top: Math.max(0, top + Math.round((box.height - text.height) / 2)),
    left: Math.max(0, Math.round((video.width - text.width) / 2)),
  };
  return strip
    .composite([
      { input: panel(box.width, box.height, 0.6), top, left },
      { input: fits, ...at },
    ])
    .png()
    .toBuffer();
}

/** PREVIEW, for a corner. */
export async function previewLabel(video: { width: number; height: number }): Promise<Buffer> {
  const size = Math.max(8, Math.round(Math.min(video.width, video.height) * 0.055));
  const text = await words("PREVIEW", size, video.width);
  const pad = Math.round(size * 0.4);
  const box = { width: text.width + pad * 2, height: text.height + pad * 2 };
  return empty(box.width, box.height)
    .composite([{ input: panel(box.width, box.height, 0.7) }, { input: text.input, top: pad, left: pad }])
    .resize({ width: Math.min(box.width, video.width), height: Math.min(box.height, video.height), fit: "inside" })
    .png()
    .toBuffer();
}
