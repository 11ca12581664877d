/** The user that the server runs as: PostgreSQL refuses to be root. */
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../../core/failure.ts";

export interface Account {
  /** For people; a number where the account has no name. */
  name: string;
  uid: number;
  gid: number;
}

/**
 * In this order. initdb asks the system for the name of its user, so a bare number will not do, and making an account is the administrator's business.
 * `myspinbot` and `postgres` are there for exactly this. `daemon` exists everywhere and almost nothing runs as it, so that almost nothing shares its files;
 * `nobody` comes last, because so much does.
 */
const candidates = ["myspinbot", "postgres", "daemon", "nobody"];

async function accounts(): Promise<Account[]> {
  const text = await readFile("/etc/passwd", "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** Undefined where we are an ordinary user: then the server is that user too. @param cluster an existing one keeps its owner, whatever accounts were added since. */
export async function accountFor(cluster: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await accounts();
  const made = await stat(cluster).catch(() => undefined);
  if (made && made.uid !== 0)
    return { name: known.find(({ uid }) => uid === made.uid)?.name ?? `${made.uid}`, uid: made.uid, gid: made.gid };
  for (const name of candidates) {
    const account = known.find((one) => one.name === name && one.uid !== 0);
    if (account) return account;
  }
  throw new Failure(
    "config",
    `PostgreSQL will not run as root, and none of the accounts ${candidates.join(", ")} exists here. Make one (\`useradd --system myspinbot\`), start as an ordinary user, or set DATABASE_URL.`,
  );
}

/** The first folder (or the file itself) on the way to `path` that the account may not enter or run. By mode bits: where only an access list lets it in, we are too careful. */
export async function firstClosed(path: string, account: Account): Promise<string | undefined> {
  const way = [path];
  for (let at = path; dirname(at) !== at; ) {
    at = dirname(at);
    way.unshift(at);
  }
  for (const step of way) {
    const found = await stat(step);
    const bit = found.uid === account.uid ? 0o100 : found.gid === account.gid ? 0o010 : 0o001;
    if ((found.mode & bit) === 0) return step;
  }
  return undefined;
}
