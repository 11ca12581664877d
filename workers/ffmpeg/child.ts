/** One run of a program: no shell, a process group of its own, killed when it is aborted or takes too long, and always waited for. */
import { spawn } from "node:child_process";

export interface ChildEnd {
  code: number | null;
  killedBy: NodeJS.Signals | null;
  /** The last of what it wrote to stderr. */
  errors: string;
  timedOut: boolean;
}

export interface ChildOptions {
  cwd: string;
  env: Record<string, string>;
  signal: AbortSignal;
  limitSeconds: number;
  onOutput(chunk: string): void;
}

const keptErrors = 16_000;

/** Rejects where it cannot be started, and with the signal's reason once it has ended after an abort. */
export async function runChild(path: string, args: readonly string[], options: ChildOptions): Promise<ChildEnd> {
  const { cwd, env, signal, limitSeconds, onOutput } = options;
  signal.throwIfAborted();
  const child = spawn(path, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  let timedOut = false;
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // it has ended by itself
    }
  };
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, limitSeconds * 1000);
  signal.addEventListener("abort", kill);
  child.stdout.setEncoding("utf8").on("data", onOutput);
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors = (errors + chunk).slice(-keptErrors);
  });
  try {
    const end = await new Promise<Pick<ChildEnd, "code" | "killedBy">>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, killedBy) => resolve({ code, killedBy }));
    });
    signal.throwIfAborted();
    return { ...end, errors, timedOut };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
  }
}
