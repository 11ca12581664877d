/** `start`: runs until it is told to stop, and then stops in order. */
import type { StatusView } from "../core/client.ts";
import { toFailure } from "../core/failure.ts";
import { renderStatus } from "./doctor.ts";

interface Running {
  status(): Promise<StatusView>;
  readonly stopped: Promise<void>;
  stop(ms?: number): Promise<void>;
}

export interface ServeOptions {
  start(): Promise<Running>;
  /** What is left to be said or done once it listens. */
  ready?(status: StatusView): Promise<void>;
  stdout: { write(text: string): unknown };
  say(text: string): void;
}

/** Milliseconds that running work has before it goes back in line. */
const patience = 10_000;

/** @returns the exit code. A second signal ends it at once: what was accepted is safe, and the next start goes on with it. */
export async function serve({ start, ready, stdout, say }: ServeOptions): Promise<number> {
  let server: Running | undefined;
  let asked = false;
  const signaled = (signal: NodeJS.Signals) => {
    if (asked) process.exit(130);
    asked = true;
    say(`${signal}: stopping. What runs goes on at the next start.`);
    void server?.stop(patience);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, signaled);
  server = await start();
  if (asked) await server.stop(patience);
  else {
    const status = await server.status();
    stdout.write(renderStatus(status));
    // it serves, whatever becomes of this
    await ready?.(status).catch((error: unknown) => say(`error: ${toFailure(error).message}`));
  }
  await server.stopped;
  return 0;
}
