/** What the queue tests share: waiting with a deadline, names nobody else uses, a log that remembers, a lane that records. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../../core/log.ts";
import type { LaneQueue, Queue } from "../../../core/ports/queue.ts";

export async function until(what: string, reached: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await reached())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(20);
  }
}

export function unique(word: string): string {
  return `${word}-${randomUUID().slice(0, 8)}`;
}

export interface RememberingLog extends Log {
  readonly lines: { level: string; text: string }[];
}

export function rememberingLog(): RememberingLog {
  const lines: { level: string; text: string }[] = [];
  const say = (level: string) => (_facts: object, text?: string) => {
    lines.push({ level, text: text ?? "" });
  };
  const log: RememberingLog = { lines, debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error"), child: () => log };
  return log;
}

export interface Recorded {
  lane: LaneQueue;
  /** Ids in the order in which they were taken. */
  readonly taken: string[];
  readonly ended: string[];
  /** Most items at once. */
  most: number;
  lost: string[];
}

/** A lane that runs `work` for each item and writes down what happens. */
export async function recordedLane(
  queue: Queue,
  families: readonly string[],
  work: (id: string, lost: AbortSignal) => Promise<void> = async () => {},
  between: (recorded: Recorded) => Promise<void> = async () => {},
): Promise<Recorded> {
  let active = 0;
  const recorded = { taken: [] as string[], ended: [] as string[], most: 0, lost: [] as string[] } as unknown as Recorded;
  recorded.lane = await queue.lane("test", families, {
    async handle(id, lost) {
      active++;
      recorded.most = Math.max(recorded.most, active);
      recorded.taken.push(id);
      lost.addEventListener("abort", () => recorded.lost.push(id));
      try {
        await work(id, lost);
      } finally {
        active--;
        recorded.ended.push(id);
      }
    },
    between: () => between(recorded),
  });
  return recorded;
}

/** A promise and what ends it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
