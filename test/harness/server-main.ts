/** A real server from source that stops for a moment at each named boundary and says so, so that it can be killed exactly there. */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readConfig } from "../../config.ts";
import { openDataFolder } from "../../platform/data-folder/data-folder.ts";
import { createLog } from "../../platform/log.ts";
import { startServer } from "../../server.ts";

const { HARNESS_SLOW_MS, HARNESS_PERIODS, ...env } = process.env;
const slow = Number(HARNESS_SLOW_MS ?? 250);

/** In one write: a kill between two would leave half a line. The time is that of the machine, the same for whoever kills. */
const tell = (what: string, name: string, subject: string) => void writeSync(1, `@@ ${what} ${name} ${subject} ${Date.now()}\n`);
const say = (text: string) => void writeSync(2, `${text}\n`);

const config = readConfig(env);
const server = await startServer({
  config,
  folder: await openDataFolder(config.data, say),
  version: "0.0.0-harness",
  log: createLog(config.logLevel),
  say,
  hooks: {
    accepted(tool) {
      tell("boundary", "accepted", tool);
      // synchronous: nothing else of this process, the reply included, goes on meanwhile
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, slow);
      tell("passed", "accepted", tool);
    },
    async boundary(name, job) {
      tell("boundary", name, job);
      await sleep(slow);
      tell("passed", name, job);
    },
  },
  ...(HARNESS_PERIODS ? { periods: JSON.parse(HARNESS_PERIODS) as { reconcileMs: number; lockMs: number; stalledMs: number } } : {}),
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.stop(5000));
tell("ready", "server", `${process.pid}`);
await server.stopped;
process.exit(0);
