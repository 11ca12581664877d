/**
 * `npm run compose:init` right after `git clone`: installs this repository's packages where there are none yet, then is compose-init.ts.
 * Nothing but Node is there before that, and it may be an old one: so it is JavaScript, imports Node's own modules alone, and uses nothing new of them.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

function refuse(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19))
  refuse(`This is Node ${process.versions.node}, and 20.19 or newer is needed: https://nodejs.org, or your system's package of it.`);

// npm writes it last: what was interrupted has none
if (!existsSync(at("../node_modules/.package-lock.json")) || !existsSync(at("../node_modules/tsx"))) {
  process.stdout.write("Installing this repository's packages, this once (npm ci) …\n");
  const { status, error } = spawnSync("npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: at(".."),
    stdio: "inherit",
  });
  if (status !== 0)
    refuse(
      `The packages could not be installed (npm ci: ${error ? error.message : `exit code ${status}`}). Nothing else was done. Its words above have the cause; once it is mended run the same line again.`,
    );
}

const { register } = await import("tsx/esm/api");
register();
await import("./compose-init.ts");
