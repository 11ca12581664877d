/** The product's own sweep, as it would come a day later: files of attempts that died before their rows were written are removed. Prints how many. */
import { readConfig } from "../../dist/config.js";
import { createS3Files } from "../../dist/platform/files/s3.js";
import { openPostgres } from "../../dist/platform/postgres/open.js";
import { sweep } from "../../dist/workers/reconcile.js";

const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const config = readConfig(process.env);
const database = await openPostgres({ url: config.databaseUrl, log, migrate: false });
const files = createS3Files({ ...config.s3, log });
const { jobs, artifacts } = database;
const removed = await sweep({ jobs, artifacts, files, metrics: { reconciled() {} }, log, ageMs: 0 });
await database.close();
process.stdout.write(`${removed}\n`);
process.exit(0);
