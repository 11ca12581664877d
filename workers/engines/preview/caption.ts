/** The words on a preview picture: PREVIEW, large, and beneath what was asked for, as much of it as fits. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp, { type OverlayOptions } from "sharp";
import type { SceneSpec } from "./scene.ts";

export interface CaptionSpec extends SceneSpec {
  steps: number;
  model: string;
}

const require = createRequire(import.meta.url);

/** The font comes with us: a machine without any can draw too. */
const fontfile = (): string => join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf", "DejaVuSans.ttf");

/** Control characters and halves of surrogate pairs are no text for Pango, which ends the whole string there; joiners of emoji stay. */
const clean = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cs}\p{Co}\u202a-\u202e\u2066-\u2069]/gu, " ")
    .replace(/\s+/g, " ")
    .trim();

const escapeMarkup = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** At most `cells` narrow letters wide (scripts of East Asia and picture characters take two), never cut inside a character. */
function cut(text: string, cells: number): string {
  let taken = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    cells -= (segment.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
    if (cells < 1) return `${taken.trimEnd()}…`;
    taken += segment;
  }
  return taken;
}

interface Box {
  width: number;
  height: number;
}

/** @param size pixels of a letter's body; without it the text grows until it fills the box. */
async function text(words: string, box: Box, size?: number): Promise<Buffer> {
  const draw = (content: string) =>
    sharp({
      text: {
        text: `<span foreground="white">${escapeMarkup(content)}</span>`,
        font: "DejaVu Sans 12",
        fontfile: fontfile(),
        width: box.width,
        rgba: true,
        wrap: "word-char",
        ...(size ? { dpi: Math.round(size * 6) } : { height: box.height }),
      },
    })
      .png()
      .toBuffer();
  // what Pango refuses to draw must not cost the picture
  return draw(words).catch(() => draw(words.replace(/[^\x20-\x7e\n]/g, "?")));
}

/** What of an image lies within `most` pixels, and how large that is. */
async function fitted(image: Buffer, most: Box): Promise<{ input: Buffer; width: number; height: number }> {
  const { width, height } = await sharp(image).metadata();
  const fits = { left: 0, top: 0, width: Math.min(width, most.width), height: Math.min(height, most.height) };
  return { input: await sharp(image).extract(fits).png().toBuffer(), width: fits.width, height: fits.height };
}

/** Lines of text in the order of their worth, within `lines` lines of `cells` letters. */
function words(spec: CaptionSpec, cells: number, lines: number): string {
  const facts = cut(
    `seed ${spec.seed} · ${spec.width}x${spec.height} · ${spec.steps} steps · model ${spec.model}`,
    cells * Math.min(2, lines),
  );
  const negative = clean(spec.negativePrompt);
  const left = lines - Math.ceil(facts.length / cells);
  const forNegative = negative ? Math.min(2, Math.floor(left / 3)) : 0;
  const forPrompt = left - forNegative;
  return [
    facts,
    // wrapping at words wastes about a sixth of a line
    ...(forPrompt > 0 ? [cut(clean(spec.prompt), Math.floor(cells * forPrompt * 0.85))] : []),
    ...(forNegative > 0 ? [cut(`without: ${negative}`, Math.floor(cells * forNegative * 0.85))] : []),
  ]
    .filter(Boolean)
    .join("\n");
}

/** Layers to lay over the scene. */
export async function captionLayers(spec: CaptionSpec): Promise<OverlayOptions[]> {
  const { width, height } = spec;
  const short = Math.min(width, height);
  const edge = Math.max(2, Math.round(short * 0.025));
  const inner = width - edge * 4;
  const size = Math.min(48, Math.max(9, Math.round(short / 26)));
  const lines = Math.floor((height * 0.42) / (size * 1.3));
  const badgeBox: Box = { width: inner, height: Math.max(8, Math.round(height * 0.16)) };
  const detailsBox: Box = { width: inner, height: Math.ceil(lines * size * 1.3) };
  const badge = await fitted(await text("PREVIEW", badgeBox), badgeBox);
  const cells = Math.max(4, Math.floor(inner / (size * 0.62)));
  const details = await fitted(await text(words(spec, cells, lines), detailsBox, size), detailsBox);
  const badgeTop = edge * 2;
  const detailsTop = height - details.height - edge * 2;
  const panel = (top: number, tall: number): string =>
    `<rect x="${edge}" y="${top - edge}" width="${width - edge * 2}" height="${tall + edge * 2}" rx="${edge}" fill="black" opacity="0.55"/>`;
  const panels = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${panel(badgeTop, badge.height)}${panel(detailsTop, details.height)}</svg>`;
  return [
    { input: Buffer.from(panels) },
    { input: badge.input, top: badgeTop, left: Math.round((width - badge.width) / 2) },
    { input: details.input, top: detailsTop, left: edge * 2 },
  ];
}
