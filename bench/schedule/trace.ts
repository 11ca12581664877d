/** A day of a household and its friends on one card: who asks for what and when, from a seed. */
import { pick, random } from "../../test/harness/random.ts";
import { figureOf, type Kind } from "./figures.ts";

export interface Arrival {
  id: number;
  person: number;
  family: string;
  kind: Kind;
  /** Milliseconds since midnight. */
  at: number;
  /** Milliseconds of work, without loading. */
  run: number;
}

const minute = 60_000;
const hour = 60 * minute;

const people = 10;

/** Sessions that begin in an hour of the day, over all people: quiet mornings, a lunch break, an evening that is more than the card can do. */
const sessionsPerHour: readonly (readonly [from: number, to: number, sessions: number])[] = [
  [8, 12, 1],
  [12, 14, 6],
  [14, 18, 1],
  [18, 23, 12],
];

/** What somebody sits down to draw with, as often as it stands here; most stay with it. */
const favourites = ["sd15", "sd15", "sdxl", "sdxl", "sdxl", "sdxl", "sdxl", "flux", "flux"].map((name) => `comfy-${name}`);

type Wish = Omit<Arrival, "id">;

function dice(seed: number) {
  const next = random(seed);
  const between = (from: number, to: number): number => from + (to - from) * next();
  const job = (person: number, family: string, at: number): Wish => {
    const { kind, runSeconds } = figureOf(family);
    return { person, family, kind, at, run: between(...runSeconds) * 1000 };
  };
  return {
    between,
    job,
    chance: (part: number) => next() < part,
    favourite: () => pick(favourites, next),
    person: () => Math.floor(next() * people),
  };
}

/** Somebody sits down: one prompt a turn of the chat, now and then on another model, what came out well made larger, and perhaps a clip of the best. */
function session({ between, job, chance, favourite, person }: ReturnType<typeof dice>, begun: number): Wish[] {
  const [who, own] = [person(), favourite()];
  const jobs: Wish[] = [];
  let at = begun;
  const turns = Math.floor(between(6, 18));
  for (let turn = 0; turn < turns; turn++) {
    at += between(15_000, 1.5 * minute);
    jobs.push(job(who, chance(0.15) ? favourite() : own, at));
    if (chance(0.15)) jobs.push(job(who, "comfy-upscale", at + between(10_000, minute)));
  }
  if (chance(0.25)) jobs.push(job(who, "comfy-svd", at + between(10_000, minute)));
  return jobs;
}

/** The whole day, in order of arrival. `part`: of the usual number of sessions, for calmer days. */
export function dayOf(seed: number, part = 1): Arrival[] {
  const thrown = dice(seed);
  const { between, job, person } = thrown;
  const jobs: Wish[] = [];
  for (const [from, to, sessions] of sessionsPerHour)
    for (let begins = from; begins < to; begins++)
      for (let index = 0; index < sessions * part; index++) jobs.push(...session(thrown, between(begins, begins + 1) * hour));
  const trainings = Math.floor(between(2, 5));
  for (let index = 0; index < trainings; index++) jobs.push(job(person(), "train", between(9 * hour, 22 * hour)));
  return jobs.sort((a, b) => a.at - b.at).map((each, id) => ({ id, ...each }));
}
