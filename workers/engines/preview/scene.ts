/** An abstract landscape as SVG: the same words, seed and size always give the same one, any other a different one. */
import { createHash } from "node:crypto";

export interface SceneSpec {
  prompt: string;
  negativePrompt: string;
  seed: number;
  width: number;
  height: number;
}

/** Numbers from 0 to 1 (mulberry32): reproducible everywhere, unlike Math.random. */
function randomFrom(text: string): () => number {
  let state = createHash("sha256").update(text).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const colour = (hue: number, saturation: number, light: number): string =>
  `hsl(${((hue % 360) + 360).toFixed(1)},${saturation.toFixed(1)}%,${light.toFixed(1)}%)`;

function hill(random: () => number, width: number, height: number, level: number): string {
  const waves = [1, 2, 5].map((rate) => ({ rate: rate * (0.6 + random()), shift: random() * 7, rise: (random() * 0.12 * height) / rate }));
  const points = Array.from({ length: 49 }, (_, index) => {
    const x = (index / 48) * width;
    const y = level + waves.reduce((sum, wave) => sum + wave.rise * Math.sin((x / width) * 6.283 * wave.rate + wave.shift), 0);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return `0,${height} ${points.join(" ")} ${width},${height}`;
}

/** @param opacity 0 to 1: how much of what lies beneath the scene hides. */
export function sceneSvg(spec: SceneSpec, opacity = 1): string {
  const { width, height } = spec;
  const random = randomFrom(JSON.stringify([spec.prompt, spec.negativePrompt, spec.seed, width, height]));
  const hue = random() * 360;
  const turn = 40 + random() * 140;
  const short = Math.min(width, height);
  const sun = { x: width * (0.1 + 0.8 * random()), y: height * (0.15 + 0.3 * random()), r: short * (0.08 + 0.14 * random()) };
  const shapes = Array.from({ length: 14 + Math.floor(random() * 12) }, () => {
    const [x, y, size] = [random() * width, random() * height * 0.8, short * (0.02 + 0.09 * random())];
    const paint = `fill="${colour(hue + turn * 2 * random(), 70, 50 + 30 * random())}" opacity="${(0.2 + 0.4 * random()).toFixed(2)}"`;
    return random() < 0.5
      ? `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size.toFixed(1)}" ${paint}/>`
      : `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${size.toFixed(1)}" height="${(size * 2).toFixed(1)}" ${paint} transform="rotate(${(random() * 90).toFixed(1)} ${x.toFixed(1)} ${y.toFixed(1)})"/>`;
  });
  const hills = [0.55, 0.66, 0.78].map(
    (level, index) =>
      `<polygon points="${hill(random, width, height, height * level)}" fill="${colour(hue + turn + index * 14, 45 - index * 8, 44 - index * 13)}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${colour(hue, 60, 28)}"/><stop offset="1" stop-color="${colour(hue + turn, 75, 74)}"/></linearGradient>
<radialGradient id="sun"><stop offset="0" stop-color="${colour(hue + turn, 95, 92)}"/><stop offset="1" stop-color="${colour(hue + turn, 90, 68)}"/></radialGradient></defs>
<g opacity="${opacity.toFixed(3)}"><rect width="${width}" height="${height}" fill="url(#sky)"/>
<circle cx="${sun.x.toFixed(1)}" cy="${sun.y.toFixed(1)}" r="${sun.r.toFixed(1)}" fill="url(#sun)"/>${shapes.join("")}${hills.join("")}</g></svg>`;
}
