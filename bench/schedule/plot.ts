/** One day as a picture: what the card did by either order, and how long pictures waited hour by hour. */
import { figures } from "./figures.ts";
import type { Score } from "./score.ts";
import type { Day } from "./simulate.ts";

const hour = 3_600_000;
const [left, width] = [110, 1000];
const colours = ["#4c9f70", "#3a7ca5", "#8e5ea2", "#d9a441", "#d1603d", "#555555"];

const colourOf = (family: string): string => colours[figures.findIndex((figure) => figure.family === family)] ?? "#000000";
const text = (x: number, y: number, words: string, more = ""): string => `<text x="${x}" y="${y}" ${more}>${words}</text>`;

/** Stretches of one family that follow each other are drawn as one: a thousand jobs would be a large file. */
function bars(day: Day, x: (at: number) => number, y: number): string {
  const joined: { family: string; from: number; to: number }[] = [];
  for (const { family, from, to } of day.stretches) {
    const last = joined.at(-1);
    if (last?.family === family && from - last.to < 10_000) last.to = to;
    else joined.push({ family, from, to });
  }
  return joined
    .map(({ family, from, to }) => {
      const wide = Math.max(0.2, x(to) - x(from)).toFixed(1);
      return `<rect x="${x(from).toFixed(1)}" y="${y}" width="${wide}" height="50" fill="${colourOf(family)}"/>`;
    })
    .join("");
}

/** Minutes that pictures waited that were asked for in each half hour. */
function waits(day: Day, first: number): [at: number, minutes: number][] {
  const slots = new Map<number, number[]>();
  for (const job of day.ended) {
    if (job.kind !== "picture") continue;
    const slot = Math.floor((job.at - first) / (hour / 2));
    slots.set(slot, [...(slots.get(slot) ?? []), job.wait / 60_000]);
  }
  return [...slots]
    .sort(([a], [b]) => a - b)
    .map(([slot, all]) => [first + (slot + 0.5) * (hour / 2), all.reduce((sum, wait) => sum + wait, 0) / all.length]);
}

export function plotOf({ seed, ours, fifo }: Score): string {
  const [from, to] = [8 * hour, Math.ceil(Math.max(...[ours, fifo].flatMap((day) => day.ended.map((job) => job.endedAt))) / hour) * hour];
  const x = (at: number) => left + ((at - from) / (to - from)) * width;
  const lines = [waits(ours, from), waits(fifo, from)];
  const most = Math.max(...lines.flat().map(([, minutes]) => minutes));
  const y = (minutes: number) => 350 - (minutes / most) * 150;
  const line = (points: [number, number][], more: string) =>
    `<polyline fill="none" stroke-width="2" ${more} points="${points.map(([at, minutes]) => `${x(at).toFixed(1)},${y(minutes).toFixed(1)}`).join(" ")}"/>`;
  const hours = Array.from({ length: (to - from) / hour / 2 + 1 }, (_, index) => from + index * 2 * hour);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 20} 400" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(left, 20, `One card, one day (seed ${seed}): ${ours.switches} switches of family instead of ${fifo.switches}`, 'font-size="14"'),
    ...figures.map(
      ({ family }, index) =>
        `<rect x="${left + 520 + index * 85}" y="12" width="8" height="8" fill="${colourOf(family)}"/>${text(left + 531 + index * 85, 20, family.replace("comfy-", ""))}`,
    ),
    text(8, 70, "the policy"),
    bars(ours, x, 40),
    text(8, 130, "first come"),
    bars(fifo, x, 100),
    text(8, 200, `${Math.round(most)} min`),
    text(8, 270, "mean wait of"),
    text(8, 285, "a picture"),
    line(lines[0] ?? [], `stroke="#222222"`),
    line(lines[1] ?? [], `stroke="#999999" stroke-dasharray="5 3"`),
    text(left + 10, 185, "solid: the policy, dashed: first come, first served"),
    `<line x1="${left}" x2="${left + width}" y1="350" y2="350" stroke="#cccccc"/>`,
    ...hours.map((at) => text(x(at) - 14, 370, `${(at / hour) % 24}:00`)),
    "</svg>",
  ].join("\n");
}
