/** Programs of others, each in a folder of its own outside the repository, installed where it is missing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = (): string =>
  process.env["MYSPINBOT_CLIENTS"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "myspinbot-e2e", "clients");

function must(program: string, args: string[], cwd: string): void {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", timeout: 600_000 });
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${done.error ?? done.stderr.slice(-2000)}`);
}

async function once(name: string, make: (folder: string) => void): Promise<string> {
  const folder = join(cache(), name);
  if (existsSync(join(folder, "ready"))) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  make(folder);
  await writeFile(join(folder, "ready"), "");
  return folder;
}

/** Folder with `bin/` of a Python environment that has these packages. */
export function python(name: string, packages: readonly string[]): Promise<string> {
  return once(name, (folder) => {
    must("python3", ["-m", "venv", "."], folder);
    must(join(folder, "bin/pip"), ["install", "-q", ...packages], folder);
  });
}

/** Folder with `node_modules/` of this package. */
export function npm(name: string, spec: string): Promise<string> {
  return once(name, (folder) => {
    must("npm", ["init", "-y"], folder);
    must("npm", ["install", "--no-audit", "--no-fund", spec], folder);
  });
}
