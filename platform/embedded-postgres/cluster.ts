/** The cluster on disk (the data and the password that belongs to them), whole or not there at all. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, open, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { programFailure } from "./failures.ts";

const major = "16";
/** Name of the superuser and of the database. */
export const owner = "myspinbot";

export interface Cluster {
  /** Real path, as the server's working folder is shown by the system. */
  data: string;
  password: string;
}

export const clusterPath = (folder: string) => join(folder, "cluster");

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== "ENOENT") throw error;
  return undefined;
};

/** Failure `config` for data of another major version. */
export async function findCluster(folder: string): Promise<Cluster | undefined> {
  const path = await realpath(clusterPath(folder)).catch(absent);
  if (path === undefined) return undefined;
  const data = join(path, "data");
  const [version, password] = await Promise.all(
    [join(data, "PG_VERSION"), join(path, "password")].map(async (file) => (await readFile(file, "utf8").catch(absent))?.trim()),
  );
  if (!version || !password)
    throw new Failure(
      "config",
      `The database in ${path} is not whole (${version ? "its password" : "PG_VERSION"} is missing). Bring the folder back from a backup, or set MYSPINBOT_DATA to a new one.`,
    );
  if (version !== major)
    throw new Failure(
      "config",
      `The database in ${path} was made by PostgreSQL ${version}; this version has PostgreSQL ${major}. Nothing was changed. ` +
        `Start the version of MySpinBot that made it, or run a PostgreSQL ${version} on that folder and set DATABASE_URL to it, or set MYSPINBOT_DATA to a new folder.`,
    );
  return { data, password };
}

async function runInitdb(binaries: Binaries, args: string[], account: Account | undefined): Promise<void> {
  // not detached: whoever interrupts the first start interrupts this too, and nothing half made is kept
  const child = spawn(binaries.initdb, args, {
    cwd: "/",
    env: binaries.env,
    stdio: ["ignore", "ignore", "pipe"],
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((ended, failed) => {
    child.once("error", failed);
    child.once("close", (...how) => ended(how));
  });
  if (signal)
    throw new Failure("canceled", `Preparing the database was interrupted (${signal}); nothing was kept. Start again.`, {
      retryable: true,
    });
  if (code !== 0) throw programFailure(errors);
}

/** Made aside and moved into place: cut short, it leaves nothing that looks like a database. */
export async function makeCluster(folder: string, binaries: Binaries, account: Account | undefined, log: Log): Promise<Cluster> {
  const started = Date.now();
  const aside = join(folder, `.new-cluster-${randomBytes(4).toString("hex")}`);
  const data = join(aside, "data");
  const passwordFile = join(aside, "password");
  await mkdir(aside, { mode: 0o700 });
  await mkdir(data, { mode: 0o700 });
  try {
    await writeFile(passwordFile, `${randomBytes(24).toString("hex")}\n`, { mode: 0o600, flush: true });
    if (account) for (const path of [aside, data, passwordFile]) await chown(path, account.uid, account.gid);
    await runInitdb(
      binaries,
      // C sorts the same on every system, so that a new libc never leaves an index out of order
      [
        "-D",
        data,
        "-U",
        owner,
        "-A",
        "scram-sha-256",
        "--pwfile",
        passwordFile,
        "-E",
        "UTF8",
        "--locale=C",
        "--data-checksums",
        "--no-instructions",
      ],
      account,
    );
    await rename(aside, clusterPath(folder));
  } catch (error) {
    // a full disk gets its space back
    await rm(aside, { recursive: true, force: true, maxRetries: 3 });
    throw error;
  }
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
  log.info({ ms: Date.now() - started }, "made the database");
  const made = await findCluster(folder);
  if (!made) throw new Error("the new cluster is not where it was put");
  return made;
}
