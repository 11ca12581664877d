/** Starts real processes that contend for a folder, and ends every one of them. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface Answer {
  ready?: true;
  won?: boolean;
  released?: true;
  code?: string;
  message?: string;
}

export interface Contender {
  process: ChildProcess;
  ask(command: "lock" | "release"): Promise<Answer>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

export async function contender(path: string, url = ""): Promise<Contender> {
  const child = fork(join(import.meta.dirname, "contender.ts"), [path, url], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await once(child, "message");
  return {
    process: child,
    async ask(command) {
      const answer = once(child, "message");
      child.send(command);
      return (await answer)[0] as Answer;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
