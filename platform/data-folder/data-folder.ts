/** The data folder: who owns it, where its parts lie, and how clients find the server that runs on it. */
import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../../core/failure.ts";
import { folderFailure } from "./failures.ts";
import { type LockOwner, lockOwner, type Purpose, takeLock } from "./lock.ts";
import { preparePrivateFolder, socketPathFor } from "./socket.ts";

export interface ServerInfo {
  pid: number;
  version: string;
  /** Where HTTP listens, besides the socket. */
  url?: string;
}

const infoSchema = z.object({ pid: z.number(), version: z.string(), url: z.string().exactOptional() });

export interface DataFolder {
  readonly path: string;
  /** Socket of the server; its folder is private to this user. */
  readonly socketPath: string;
  /** Where a server that a client started writes its log. */
  readonly logPath: string;
  /** What the command line keeps: the last conversation, the line history. */
  readonly cliPath: string;
  readonly filesPath: string;
  readonly postgresPath: string;
  /** Makes this process the owner. Failure `folder_in_use` naming the other one. @param purpose of an owner that runs no studio. */
  lock(purpose?: Purpose): Promise<() => Promise<void>>;
  owner(): Promise<LockOwner | undefined>;
  /** Written by the owner once it listens. */
  writeServerInfo(info: ServerInfo): Promise<void>;
  /** Undefined unless the process that wrote it owns the folder now. */
  serverInfo(): Promise<ServerInfo | undefined>;
}

async function makeFolder(path: string, say: (text: string) => void): Promise<void> {
  // as root the database runs as another user, who must be able to pass through; what lies inside has modes of its own
  const root = process.getuid?.() === 0;
  const made = await mkdir(path, { recursive: true, mode: root ? 0o711 : 0o700 });
  const found = await stat(path);
  if (!found.isDirectory()) throw Object.assign(new Error("not a directory"), { code: "ENOTDIR" });
  // a umask may have taken bits away
  if (made !== undefined) await chmod(path, root ? 0o711 : 0o700);
  else if (root && (found.mode & 0o011) !== 0o011) {
    say(`Letting the database's user pass through ${path} (mode o+x); it cannot list or read it.`);
    await chmod(path, (found.mode & 0o7777) | 0o011);
  }
}

/** @param path absolute. Failures: `config` (no folder, no permission, read-only), `storage_full`. */
export async function openDataFolder(path: string, say: (text: string) => void): Promise<DataFolder> {
  const server = join(path, "server");
  const cliPath = join(path, "cli");
  const infoFile = join(server, "info.json");
  const inside = join(server, "socket");
  try {
    await makeFolder(path, say);
    for (const folder of [server, cliPath]) await mkdir(folder, { recursive: true, mode: 0o700 });
    const probe = join(server, `.probe-${randomBytes(8).toString("hex")}`);
    await writeFile(probe, "a full or read-only disk is better found now than in the middle of a job\n", { mode: 0o600 }).finally(() =>
      unlink(probe).catch(() => undefined),
    );
  } catch (error) {
    throw folderFailure(error, path);
  }
  const socketPath = await rememberedSocket(server, inside);

  async function serverInfo(): Promise<ServerInfo | undefined> {
    const [owner, text] = await Promise.all([lockOwner(server), readFile(infoFile, "utf8").catch(() => undefined)]);
    if (!owner || text === undefined) return undefined;
    const info = infoSchema.safeParse(JSON.parse(text));
    return info.success && info.data.pid === owner.pid ? info.data : undefined;
  }

  return {
    path,
    socketPath,
    logPath: join(server, "log"),
    cliPath,
    filesPath: join(path, "files"),
    postgresPath: join(path, "postgres"),
    serverInfo,
    owner: () => lockOwner(server),
    async lock(purpose) {
      let taken: Awaited<ReturnType<typeof takeLock>>;
      try {
        taken = await takeLock(server, purpose);
      } catch (error) {
        throw folderFailure(error, path);
      }
      if ("release" in taken) return taken.release;
      const { pid, since, purpose: other } = taken.owner;
      if (other)
        throw new Failure(
          "folder_in_use",
          `A ${other} has the data folder ${path} (\`myspinbot ${other}\`, pid ${pid}, since ${since}), and no studio runs on it meanwhile. Try again when it is done.`,
          { retryable: true },
        );
      const url = (await serverInfo())?.url;
      throw new Failure(
        "folder_in_use",
        `The data folder ${path} is in use by the studio with pid ${pid} since ${since}, ${url ? `reachable at ${url}` : "which is still starting"}. ` +
          "Use that one (`myspinbot chat` finds it by itself), stop it with `myspinbot stop`, or set MYSPINBOT_DATA to another folder.",
      );
    },
    async writeServerInfo(info) {
      try {
        const aside = `${infoFile}.${process.pid}`;
        await writeFile(aside, JSON.stringify(info), { mode: 0o600 });
        await rename(aside, infoFile);
      } catch (error) {
        throw folderFailure(error, path);
      }
    },
  };
}

/** A short path depends on the environment, and client and server must not differ: the first that needs one writes it down. */
async function rememberedSocket(server: string, inside: string): Promise<string> {
  const short = socketPathFor(inside);
  if (short === inside) return inside;
  const note = join(server, "socket-path");
  const aside = `${note}.${randomBytes(8).toString("hex")}`;
  try {
    await writeFile(aside, short, { mode: 0o600 });
    await link(aside, note);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw folderFailure(error, server);
  } finally {
    await unlink(aside).catch(() => undefined);
  }
  const remembered = await readFile(note, "utf8");
  await preparePrivateFolder(remembered);
  return remembered;
}
