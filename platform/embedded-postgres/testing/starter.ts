/** A process that starts the database (as another user, if told to), says how it went in one line, and lives on until it is ended. */
import { Failure } from "../../../core/failure.ts";
import { silentLog } from "../../../core/log.ts";
import { startEmbeddedPostgres } from "../embedded-postgres.ts";

const [folder = "", uid = "", packagePath = ""] = process.argv.slice(2);

// only now: another user may not be able to read a clone in root's home
if (uid && process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}
setInterval(() => undefined, 60_000);

const said: string[] = [];
startEmbeddedPostgres({
  folder,
  log: silentLog,
  say: (text) => void said.push(text),
  ...(packagePath ? { package: { path: packagePath, version: "16.0.0-test" } } : {}),
}).then(
  ({ url, pid, adopted }) => process.stdout.write(`${JSON.stringify({ url, pid, adopted, said })}\n`),
  (error) =>
    process.stdout.write(
      `${JSON.stringify({ said, code: error instanceof Failure ? error.code : "other", message: `${error}`, stack: error?.stack })}\n`,
    ),
);
