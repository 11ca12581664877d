/** Health of the service that backs up: `backed-up.js FOLDER HOURS` ends with 0 where the newest whole backup is younger than that. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const [folder = "/backups", hours = "26"] = process.argv.slice(2);
try {
  const newest = Math.max(
    ...readdirSync(folder)
      .filter((name) => /^myspinbot-.+\.tar$/.test(name))
      .map((name) => statSync(join(folder, name)).mtimeMs),
  );
  process.exitCode = Date.now() - newest < Number(hours) * 3_600_000 ? 0 : 1;
} catch {
  process.exitCode = 1;
}
