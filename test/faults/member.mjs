/**
 * One server or worker of the built product. `FAULTS_PERIODS`: shorter waits, or a run would wait for locks most of its time. `FAULTS_SLOW_MS`: up to so long an
 * attempt stands at each of its boundaries, so that strikes find it between any two of them.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { serve } from "../../dist/cli/serve.js";
import { readConfig } from "../../dist/config.js";
import { openDataFolder } from "../../dist/platform/data-folder/data-folder.js";
import { createLog } from "../../dist/platform/log.js";
import { startServer } from "../../dist/server.js";

const { FAULTS_PERIODS, FAULTS_SLOW_MS, ...env } = process.env;
const say = (text) => void process.stderr.write(`${text}\n`);
try {
  const config = readConfig(env);
  const folder = config.roles.http ? await openDataFolder(config.data, say) : undefined;
  process.exitCode = await serve({
    start: () =>
      startServer({
        ...{ config, version: "0.0.0-faults", say, log: createLog(config.logLevel) },
        ...(folder ? { folder } : {}),
        ...(FAULTS_SLOW_MS ? { hooks: { boundary: () => sleep(Number(FAULTS_SLOW_MS) * Math.random()) } } : {}),
        ...(FAULTS_PERIODS ? { periods: JSON.parse(FAULTS_PERIODS) } : {}),
      }),
    stdout: process.stdout,
    say,
  });
} catch (error) {
  say(`error: ${error.message}`);
  process.exitCode = 1;
}
process.exit();
