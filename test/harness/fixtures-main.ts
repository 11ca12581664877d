/** `start` from source, with the tools and engines of `test/fixtures` where HARNESS_FIXTURES=1: what a test cannot reach with the product's own. */
import { serve } from "../../cli/serve.ts";
import { readConfig } from "../../config.ts";
import { openDataFolder } from "../../platform/data-folder/data-folder.ts";
import { createLog } from "../../platform/log.ts";
import { startServer } from "../../server.ts";
import { fixturesOf } from "../fixtures/index.ts";

const say = (text: string) => void process.stderr.write(`${text}\n`);
const config = readConfig(process.env);
const options = { config, folder: await openDataFolder(config.data, say), log: createLog(config.logLevel), say };
process.exit(
  await serve({
    start: () => startServer({ ...options, version: "0.0.0-fixtures", fixtures: fixturesOf(process.env) }),
    stdout: process.stdout,
    say,
  }),
);
