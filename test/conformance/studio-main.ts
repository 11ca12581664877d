/** A real server from source for the conformance suites. Only with CONFORMANCE_FIXTURES=1 it has, beside the product's own tools, those that the suites ask for by name. */
import { readConfig } from "../../config.ts";
import { openDataFolder } from "../../platform/data-folder/data-folder.ts";
import { createLog } from "../../platform/log.ts";
import { startServer } from "../../server.ts";
import { conformanceFixtures } from "./fixtures/index.ts";

const { CONFORMANCE_FIXTURES, ...env } = process.env;
const say = (text: string) => void process.stderr.write(`${text}\n`);
const config = readConfig(env);
const server = await startServer({
  config,
  folder: await openDataFolder(config.data, say),
  version: "0.0.0-conformance",
  log: createLog(config.logLevel),
  say,
  ...(CONFORMANCE_FIXTURES === "1" ? { fixtures: { mcp: conformanceFixtures() } } : {}),
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.stop(5000));
process.stdout.write(`${JSON.stringify({ url: (await server.status()).url })}\n`);
await server.stopped;
process.exit(0);
