/** `backup`: once, or again and again as the service beside a studio; and a look through one that is there. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, toFailure } from "../core/failure.ts";
import type { AbsentFile, BackupProgress, Backups, KnownBackup, MadeBackup } from "../core/ports/backup.ts";
import { plainLine } from "./plain.ts";

export interface BackupFlags {
  /** Hours. */
  every?: string;
  keep?: string;
}

export interface BackupOut {
  stdout: { write(text: string): unknown };
  say(text: string): void;
  /** Aborted when the program is to end. */
  signal: AbortSignal;
}

const hour = 3600_000;
/** Named damaged files at most; the manifest has them all. */
const mostNamed = 20;

export function size(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step > 0 && value < 100 ? value.toFixed(1) : Math.round(value)} ${["bytes", "kB", "MB", "GB", "TB"][step]}`;
}

export const told = ({ rows, files, bytes }: Pick<KnownBackup, "rows" | "files" | "bytes">): string =>
  `${rows} rows, ${files} files, ${size(bytes)}`;

/** A line every ten seconds, for what takes long. */
export function progressLines(say: (text: string) => void, now: () => number = Date.now): (done: BackupProgress) => void {
  let last = now();
  return ({ what, bytes, of }) => {
    if (now() - last < 10_000) return;
    last = now();
    say(`${what[0]?.toUpperCase()}${what.slice(1)}: ${size(bytes)} of ${size(of)}.`);
  };
}

export function tellAbsent(absent: readonly AbsentFile[], say: (text: string) => void): void {
  for (const { artifact, name, why } of absent.slice(0, mostNamed))
    say(`  ${plainLine(artifact)} (${plainLine(name, 100)}): ${plainLine(why, 300)}`);
  if (absent.length > mostNamed) say(`  and ${absent.length - mostNamed} more.`);
}

const secrets =
  "It holds everybody's prompts and files, the secret that signs links, and hashes of access keys: keep it where only you can read it. Models, Ollama and Open WebUI are not in it.";

function tell(made: MadeBackup, { stdout, say }: Pick<BackupOut, "stdout" | "say">): void {
  stdout.write(`${made.path}\n`);
  say(`Saved ${told(made)}. ${secrets}`);
  if (made.gone.length > 0) {
    say(`${made.gone.length} files were removed by their owners meanwhile, and are not in it:`);
    tellAbsent(made.gone, say);
  }
  if (made.damaged.length > 0) {
    say(
      `error: ${made.damaged.length} stored files are damaged, and are not in it; everything else is. Keep older backups, which may hold them whole:`,
    );
    tellAbsent(made.damaged, say);
  } else if (!made.noted) say("The studio could not be told of it: what watches the age of the last backup sees an older one.");
}

function number(flag: string, text: string, least: number, most: number, whole: boolean): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    throw new Failure(
      "invalid_input",
      `${flag} is ${whole ? "a whole number" : "a number"} from ${least} to ${most}, not ${JSON.stringify(text.slice(0, 40))}.`,
    );
  return value;
}

async function drop(backups: Backups, folder: string, keep: number | undefined, say: BackupOut["say"]): Promise<void> {
  if (keep === undefined) return;
  const gone = await backups.prune(folder, keep);
  if (gone.length > 0) say(`Removed ${gone.length} older than the newest ${keep}.`);
}

async function once(backups: Backups, folder: string, keep: number | undefined, out: BackupOut): Promise<boolean> {
  const made = await backups.create(folder, { signal: out.signal, progress: progressLines(out.say) });
  tell(made, out);
  // an older one may hold whole what is damaged now
  const whole = made.damaged.length === 0;
  if (whole) await drop(backups, folder, keep, out.say);
  return whole;
}

/** In short steps by the clock on the wall: a machine may sleep for longer than a timer lasts. */
async function waitUntil(at: number, { signal }: BackupOut): Promise<void> {
  while (!signal.aborted && Date.now() < at)
    await sleep(Math.min(at - Date.now(), hour / 60), undefined, { signal }).catch(() => undefined);
}

/** @returns the exit code: 1 where something is damaged. With `--every` it runs until it is told to end, and then returns 0. */
export async function backup(backups: Backups, folder: string, flags: BackupFlags, out: BackupOut): Promise<number> {
  const { say, signal } = out;
  const keep = flags.keep === undefined ? undefined : number("--keep", flags.keep, 1, 10_000, true);
  if (flags.every === undefined) {
    try {
      return (await once(backups, folder, keep, out)) ? 0 : 1;
    } catch (error) {
      if (!signal.aborted) throw error;
      say(toFailure(error).message);
      return 130;
    }
  }
  const period = number("--every", flags.every, 0.001, 8760, false) * hour;
  // a service that is started again makes no further one before its time
  const newest = await backups.newest(folder);
  let due = newest ? Math.min(newest.getTime(), Date.now()) + period : 0;
  say(
    `A backup every ${flags.every} hours${keep === undefined ? "" : `, the newest ${keep} kept`}${due > Date.now() ? `; the next at ${new Date(due).toISOString()}` : ""}.`,
  );
  for (;;) {
    await waitUntil(due, out);
    if (signal.aborted) return 0;
    const began = Date.now();
    try {
      await once(backups, folder, keep, out);
      due = began + period;
    } catch (error) {
      if (signal.aborted) return 0;
      due = Date.now() + period / 10;
      say(`error: ${toFailure(error).message} No older backup was removed. Next try at ${new Date(due).toISOString()}.`);
    }
  }
}

/** @returns the exit code: 1 where files were damaged when it was made. What cannot be used is thrown. */
export async function verify(backups: Pick<Backups, "verify">, path: string, { say, signal }: BackupOut): Promise<number> {
  const known = await backups.verify(path, { signal, progress: progressLines(say) });
  say(
    `Whole: ${told(known)}, of ${known.at}, made by version ${plainLine(known.version)}. Every hash is right, and this version can restore it.`,
  );
  if (known.damaged.length === 0) return 0;
  say(`error: ${known.damaged.length} files were damaged when it was made, and are not in it:`);
  tellAbsent(known.damaged, say);
  return 1;
}

/** SIGINT, SIGTERM or SIGHUP: once to end in order, twice to leave at once. */
export function untilSignaled(leave: (code: number) => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      if (controller.signal.aborted) leave(130);
      controller.abort();
    });
  return controller.signal;
}
