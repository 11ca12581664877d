/** A process that is started again when it dies, as the restart policy of a container does, and that can be struck meanwhile. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface Kept {
  readonly name: string;
  readonly pid: number | undefined;
  /** Times that it was started. */
  readonly starts: number;
  /** Resolves when it is gone. @param down milliseconds until it is started again. */
  strike(signal: NodeJS.Signals, down: number): Promise<void>;
  /** Tells it to stop and starts it again when it is gone. @returns seconds that it took, or undefined where it had to be killed. */
  roll(patienceMs: number): Promise<number | undefined>;
  signal(signal: NodeJS.Signals): void;
  /** For good. @returns the exit code, or the signal that it needed. */
  end(patienceMs: number): Promise<number | NodeJS.Signals | null>;
}

export interface KeptOptions {
  name: string;
  command: readonly [string, ...string[]];
  options: SpawnOptions;
  /** File that takes what it says. */
  log: string;
}

export function keep({ name, command, options, log }: KeptOptions): Kept {
  const out = openSync(log, "a", 0o600);
  let child: ChildProcess | undefined;
  let wanted = true;
  let down = 500;
  let starts = 0;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    if (!wanted) return;
    const [program, ...args] = command;
    const started = spawn(program, args, { ...options, stdio: ["ignore", out, out] });
    starts++;
    child = started;
    started.once("error", () => undefined);
    started.once("exit", () => {
      if (child === started) child = undefined;
      timer = setTimeout(start, down);
      down = 500;
    });
  }
  const gone = async (dying: ChildProcess, patienceMs: number): Promise<boolean> => {
    if (dying.exitCode !== null || dying.signalCode !== null) return true;
    const patience = sleep(patienceMs, false, { ref: false });
    return Promise.race([once(dying, "exit").then(() => true), patience]);
  };
  start();

  return {
    name,
    get pid() {
      return child?.pid;
    },
    get starts() {
      return starts;
    },
    async strike(signal, ms) {
      const dying = child;
      if (!dying) return;
      down = ms;
      dying.kill(signal);
      await gone(dying, 60_000);
    },
    async roll(patienceMs) {
      const dying = child;
      if (!dying) return 0;
      const began = Date.now();
      dying.kill("SIGTERM");
      const stopped = await gone(dying, patienceMs);
      if (stopped) return (Date.now() - began) / 1000;
      dying.kill("SIGKILL");
      await gone(dying, 60_000);
      return undefined;
    },
    signal: (signal) => void child?.kill(signal),
    async end(patienceMs) {
      wanted = false;
      clearTimeout(timer);
      const dying = child;
      if (!dying) return 0;
      dying.kill("SIGCONT");
      dying.kill("SIGTERM");
      if (!(await gone(dying, patienceMs))) {
        dying.kill("SIGKILL");
        await gone(dying, 60_000);
      }
      return dying.exitCode ?? dying.signalCode;
    },
  };
}
