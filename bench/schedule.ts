/** A simulated day on one card, twenty times: the lane's policy beside first come, first served, in virtual time. */
import { mkdir, writeFile } from "node:fs/promises";
import { median, type Report, show } from "./numbers.ts";
import { figures, saveSeconds } from "./schedule/figures.ts";
import { plotOf } from "./schedule/plot.ts";
import { goals, meanPictureWait, type Ratio, type Score, scoreOf } from "./schedule/score.ts";
import type { Day } from "./schedule/simulate.ts";

const seeds = 20;
const titles: Record<Ratio, string> = {
  switches: "family switches ÷ FIFO",
  pictureWait: "mean wait of a picture ÷ FIFO",
  makespan: "makespan ÷ FIFO",
  longestWait: "longest wait ÷ FIFO",
  starved: "jobs that never ran",
};

const minutes = (ms: number): string => show(ms / 60_000);

function row({ seed, jobs, ours, fifo, ...ratios }: Score): string {
  const cells = [
    `${seed}`,
    `${jobs}`,
    `${ours.switches}/${fifo.switches}`,
    `${minutes(meanPictureWait(ours))}/${minutes(meanPictureWait(fifo))}`,
    `${ours.parked}`,
    ...(["switches", "pictureWait", "makespan", "longestWait"] as const).map((name) => show(ratios[name])),
  ];
  return cells.map((cell, column) => cell.padStart([5, 6, 10, 13, 7, 9, 8, 9, 8][column] ?? 0)).join("");
}

export async function schedule({ say, goal }: Report, { seed }: { seed: number }): Promise<void> {
  say("Published figures for a 16 GB card, not ours (seconds):");
  for (const { family, loadSeconds, runSeconds, source } of figures)
    say(`  ${family.padEnd(14)} load ${`${loadSeconds}`.padStart(2)}, run ${runSeconds.join(" to ")}: ${source}`);
  say(`  A training saves every ${saveSeconds} s, and may give way there.`);
  const scores = Array.from({ length: seeds }, (_, index) => scoreOf(seed + index));
  say("\n seed  jobs  switches  wait of a pic.  gave  switches    wait  makespan longest");
  say("             us/FIFO  us/FIFO, min.   way    ÷ FIFO  ÷ FIFO   ÷ FIFO  ÷ FIFO");
  for (const score of scores) say(row(score));
  for (const name of Object.keys(goals) as Ratio[]) {
    const values = scores.map((score) => score[name]);
    goal(`${titles[name]}, median of ${seeds} seeds`, median(values), "at most", goals[name]);
    goal(`${titles[name]}, worst of ${seeds} seeds`, Math.max(...values), "at most", goals[name]);
  }
  for (const kind of ["picture", "video", "training"] as const) {
    const longest = (days: readonly Day[]) =>
      median(days.map((day) => Math.max(...day.ended.filter((job) => job.kind === kind).map((job) => job.wait))));
    say(
      `  longest wait of a ${kind}, median: ${minutes(longest(scores.map(({ ours }) => ours)))} min (FIFO ${minutes(longest(scores.map(({ fifo }) => fifo)))})`,
    );
  }
  // nobody promised anything for these: where the card is idle half of the time, a switch is the only thing to do
  for (const part of [0.75, 0.5, 0.25]) {
    const calm = scores.map((score) => scoreOf(score.seed, undefined, part));
    const of = (name: Ratio) => show(median(calm.map((score) => score[name])));
    say(
      `  with ${part * 100} % of the sessions, medians: switches ${of("switches")}, wait of a picture ${of("pictureWait")}, makespan ${of("makespan")}, longest wait ${of("longestWait")}`,
    );
  }
  await mkdir("out", { recursive: true });
  const file = `out/schedule-${seed}.svg`;
  if (scores[0]) await writeFile(file, plotOf(scores[0]));
  say(`  The first of these days as a plot: ${file}`);
}
