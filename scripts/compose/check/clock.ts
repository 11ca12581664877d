/** The clock: a wrong one makes certificates, tokens and presigned links invalid. */
import type { StatusRow } from "../../../core/client.ts";
import type { Run } from "../run.ts";
import { fine, stop, warn } from "./rows.ts";

export interface ClockFacts {
  /** Seconds that ours is ahead of a server's own date; undefined where none answered. */
  ahead?: number;
  /** Whose date. */
  from?: string;
  /** What systemd says of NTP; undefined without it. */
  synchronized?: boolean;
}

/** Seconds: a token of Open WebUI may be 30 s off, a presigned link 15 minutes. */
const noticed = 30;
const harmful = 300;

/** @param ask the date of a server in milliseconds, with the time the question took. */
export async function lookAtClock(
  run: Run,
  hosts: readonly string[],
  ask: (url: string) => Promise<number | undefined> = dateOf,
): Promise<ClockFacts> {
  const time = await run("timedatectl", ["show", "--property=NTPSynchronized", "--value"]);
  const synchronized = time.code === 0 && /^(yes|no)$/.test(time.stdout.trim()) ? { synchronized: time.stdout.trim() === "yes" } : {};
  for (const host of hosts) {
    const date = await ask(`https://${host}/v2/`).catch(() => undefined);
    if (date !== undefined) return { ahead: (Date.now() - date) / 1000, from: host, ...synchronized };
  }
  return synchronized;
}

async function dateOf(url: string): Promise<number | undefined> {
  const answer = await fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(4000) });
  const date = Date.parse(answer.headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : date;
}

const span = (seconds: number) =>
  Math.abs(seconds) < 120 ? `${Math.round(Math.abs(seconds))} s` : `${Math.round(Math.abs(seconds) / 60)} minutes`;
const fix = "Set it by the network: sudo timedatectl set-ntp true (in WSL: sudo hwclock -s, or wsl --shutdown)";

export function clockRows({ ahead, from, synchronized }: ClockFacts): StatusRow[] {
  if (ahead !== undefined && Math.abs(ahead) > noticed) {
    const what = `this machine's clock is ${span(ahead)} ${ahead > 0 ? "ahead of" : "behind"} that of ${from}`;
    return [
      Math.abs(ahead) > harmful
        ? stop("Clock", `${what}: links, tokens and certificates would not be valid`, fix)
        : warn("Clock", what, fix),
    ];
  }
  if (synchronized === false) return [warn("Clock", "it is not set by the network", fix)];
  if (ahead === undefined && synchronized === undefined)
    return [warn("Clock", "could not be compared: no server answered, and there is no timedatectl", `Compare it by hand: date -u. ${fix}`)];
  return [fine("Clock", ahead === undefined ? "set by the network" : `right, by ${from}`)];
}
