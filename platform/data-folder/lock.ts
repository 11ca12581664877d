/** Exactly one process owns a folder. Lock files are numbered and never taken back, so that a take-over of a dead owner's lock cannot meet a new owner's. */
import { randomBytes } from "node:crypto";
import { link, readdir, readFile, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { lifeOf, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

/** How often an owner shows that it lives, and how long one of another container may be silent. Milliseconds. */
const beat = 5_000;
const silence = 30_000;

/** What other owners than a studio do with the folder. */
const purposes = ["backup", "restore"] as const;
export type Purpose = (typeof purposes)[number];

export interface LockOwner extends ProcessIdentity {
  /** When it took the folder, ISO 8601. */
  since: string;
  /** Left out: it runs the studio. */
  purpose?: Purpose;
}

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  started: z.string(),
  boot: z.string(),
  namespace: z.string(),
  host: z.string(),
  since: z.string(),
  purpose: z.enum(purposes).exactOptional(),
});

async function generations(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => (/^lock\.\d+$/.test(name) ? [Number(name.slice(5))] : [])).sort((a, b) => b - a);
}

const fileOf = (folder: string, generation: number) => join(folder, `lock.${generation}`);

/** The living owner that a lock file names. A file that says "released", nonsense or a dead process has none; `gone` when a newer owner has removed it. */
async function livingOwner(file: string): Promise<LockOwner | "gone" | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return "gone";
  let owner: LockOwner;
  try {
    owner = ownerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
  const life = await lifeOf(owner);
  if (life !== "elsewhere") return life === "alive" ? owner : undefined;
  const seen = await stat(file).catch(() => undefined);
  return seen && Date.now() - seen.mtimeMs < silence ? owner : undefined;
}

async function writeAside(folder: string, text: string): Promise<string> {
  const aside = join(folder, `.lock-${randomBytes(8).toString("hex")}`);
  await writeFile(aside, text, { mode: 0o600, flag: "wx" });
  return aside;
}

/** Who owns the folder now, if anybody. */
export async function lockOwner(folder: string): Promise<LockOwner | undefined> {
  for (;;) {
    const newest = (await generations(folder))[0];
    if (newest === undefined) return undefined;
    const owner = await livingOwner(fileOf(folder, newest));
    if (owner !== "gone") return owner;
  }
}

/** Takes the folder, or returns the owner that has it. */
export async function takeLock(folder: string, purpose?: Purpose): Promise<{ release: () => Promise<void> } | { owner: LockOwner }> {
  const me: LockOwner = { ...(await ownIdentity()), since: new Date().toISOString(), ...(purpose ? { purpose } : {}) };
  for (;;) {
    const newest = (await generations(folder))[0] ?? 0;
    if (newest > 0) {
      const owner = await livingOwner(fileOf(folder, newest));
      if (owner === "gone") continue;
      if (owner) return { owner };
    }
    const mine = newest + 1;
    const aside = await writeAside(folder, JSON.stringify(me));
    try {
      // a link fails where the name exists and appears with its whole content: two starters cannot both get a number
      await link(aside, fileOf(folder, mine));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    } finally {
      await unlink(aside);
    }
    const all = await generations(folder);
    // a slow starter may have got a number that a newer owner had already removed: the highest number owns
    if (all[0] !== mine) {
      await unlink(fileOf(folder, mine)).catch(() => undefined);
      continue;
    }
    for (const old of all.slice(1)) await unlink(fileOf(folder, old)).catch(() => undefined);
    return hold(folder, mine);
  }
}

function hold(folder: string, mine: number): { release: () => Promise<void> } {
  const file = fileOf(folder, mine);
  const timer = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), beat);
  timer.unref();
  let released: Promise<void> | undefined;
  const release = async () => {
    clearInterval(timer);
    // the file stays and says so: were it removed, numbers would start again below those that a slow starter still has in mind
    const aside = await writeAside(folder, "released");
    await rename(aside, file);
  };
  return { release: () => (released ??= release()) };
}
