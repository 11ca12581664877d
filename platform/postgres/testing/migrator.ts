/** A process that brings a database up to date and says so. */
import { silentLog } from "../../../core/log.ts";
import { openPostgres } from "../open.ts";

const database = await openPostgres({ url: process.argv[2] ?? "", log: silentLog });
await database.ping();
await database.close();
process.stdout.write("up to date");
