/** Starts the studio as a process of its own, which neither a closed terminal nor a Ctrl-C in it ends. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { open, stat, truncate } from "node:fs/promises";
import type { SpawnedServer } from "./launch.ts";

export interface SpawnOptions {
  /** Program and arguments, as absolute paths, such as `[process.execPath, "/…/dist/main.js", "start", "--idle"]`: it runs in `/`. */
  command: readonly [string, ...string[]];
  logPath: string;
  env?: NodeJS.ProcessEnv;
}

/** Bytes of old log that are kept, and bytes of new log that are read for an error message. */
const mostLog = 10_000_000;
const mostShown = 64_000;

export async function spawnServer({ command: [program, ...args], logPath, env }: SpawnOptions): Promise<SpawnedServer> {
  const before = await stat(logPath).then(
    ({ size }) => size,
    () => 0,
  );
  if (before > mostLog) await truncate(logPath, 0);
  const from = before > mostLog ? 0 : before;
  const log = openSync(logPath, "a", 0o600);
  const child = spawn(program, args, { detached: true, stdio: ["ignore", log, log], cwd: "/", ...(env ? { env } : {}) });
  closeSync(log);
  child.unref();
  return {
    exit: new Promise((resolve) => {
      child.once("exit", (code) => resolve(code));
      child.once("error", () => resolve(null));
    }),
    async log() {
      const file = await open(logPath, "r");
      try {
        const { size } = await file.stat();
        const start = Math.max(from, size - mostShown);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, Math.max(0, size - start), start);
        return buffer.toString("utf8", 0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}
