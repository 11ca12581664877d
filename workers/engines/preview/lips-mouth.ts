/** A drawn mouth, how far it is open, and the words that mark what it is. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { loudness } from "../../faces/talk.ts";
import type { Pcm } from "../../sound/index.ts";

/** From closed to wide open. */
export const mouths = 6;
const require = createRequire(import.meta.url);

/** The font comes with us: a machine without any can draw too. */
const fontfile = (): string => join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf", "DejaVuSans.ttf");

/** Mouths for each frame, from 0: by loudness, as a share of what is loud in this recording. */
export function script(pcm: Pcm, fps: number): number[] {
  const levels = loudness(pcm, 1 / fps);
  const loud = [...levels].sort((one, other) => one - other)[Math.floor(levels.length * 0.95)] || 1;
  return levels.map((level, at) => {
    // a mouth closes more slowly than a sound ends
    const soft = Math.max(level, (levels[at - 1] ?? 0) * 0.6);
    return Math.min(mouths - 1, Math.round((mouths - 1) * Math.sqrt(Math.min(1, soft / loud))));
  });
}

/** PNG of even size, transparent around the lips. */
export async function mouthPng(open: number, width: number): Promise<Buffer> {
  const height = Math.round((width * 0.7) / 2) * 2;
  const [x, y] = [width / 2, height / 2];
  const gap = (open / (mouths - 1)) * height * 0.36;
  const lip = height * 0.09;
  const teeth =
    gap > height * 0.1
      ? `<rect x="${x - width * 0.26}" y="${y - gap}" width="${width * 0.52}" height="${gap * 0.4}" rx="${lip / 2}" fill="#f4f0ea"/>`
      : "";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<ellipse cx="${x}" cy="${y}" rx="${width * 0.44}" ry="${gap + lip}" fill="#b4434c"/><ellipse cx="${x}" cy="${y}" rx="${width * 0.37}" ry="${Math.max(1, gap)}" fill="#3a0d12"/>${teeth}</svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** PNG of this size: PREVIEW at the top, and where no face was found, eyes to go with the mouth. */
export async function labelPng(size: { width: number; height: number }, eyes?: { x: number; y: number; apart: number }): Promise<Buffer> {
  const { width, height } = size;
  const words = await sharp({
    text: {
      text: '<span foreground="white">PREVIEW</span>',
      ...{ font: "DejaVu Sans 12", fontfile: fontfile(), rgba: true },
      ...{ width: Math.round(width * 0.6), height: Math.max(8, Math.round(height * 0.08)) },
    },
  })
    .png()
    .toBuffer({ resolveWithObject: true });
  const edge = Math.max(2, Math.round(height * 0.015));
  const left = Math.round((width - words.info.width) / 2);
  const panel = `<rect x="${left - edge * 2}" y="${edge}" width="${words.info.width + edge * 4}" height="${words.info.height + edge * 2}" rx="${edge}" fill="black" opacity="0.6"/>`;
  const eye = (x: number, r: number) =>
    `<circle cx="${x}" cy="${eyes?.y ?? 0}" r="${r}" fill="white"/><circle cx="${x}" cy="${eyes?.y ?? 0}" r="${r / 2}" fill="#222"/>`;
  const pair = eyes ? eye(eyes.x - eyes.apart / 2, eyes.apart / 6) + eye(eyes.x + eyes.apart / 2, eyes.apart / 6) : "";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${panel}${pair}</svg>`;
  return sharp(Buffer.from(svg))
    .composite([{ input: words.data, left, top: edge * 2 }])
    .png()
    .toBuffer();
}
