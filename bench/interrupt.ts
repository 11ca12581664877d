/** Ctrl-C in a benchmark: what it started ends, and what it wrote is removed. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { send, until } from "../test/harness/product.ts";
import { childrenOf, tree } from "./mcp/processes.ts";

/** Everything temporary of this run lies in one folder; the returned function removes it. */
export function makeRunFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  // as root the database runs as another user, who must pass through
  chmodSync(folder, 0o711);
  process.env["TMPDIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

/**
 * A second signal ends it at once.
 * @param clean called when everything has ended.
 * @returns whether a signal came: what fails from then on fails because of it.
 */
export function endOnSignal(clean: () => void): () => boolean {
  let ending = false;
  const end = async (signal: NodeJS.Signals): Promise<never> => {
    ending = true;
    process.stderr.write("\nEnding what was started …\n");
    for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => undefined);
    // a database is asked by its server; found while that lives, for what may be left
    const started = (await tree(process.pid)).slice(1);
    for (const pid of await childrenOf(process.pid)) send(pid, "SIGTERM");
    await until(() => !started.some(alive), "what was started ends", 20_000).catch(() => {
      for (const pid of started) send(pid, "SIGKILL");
    });
    clean();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(signal));
  return () => ending;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
