/** Where the socket of a data folder lies: inside it, or in a private folder of short name, because a socket's path has about 100 bytes. */
import { createHash } from "node:crypto";
import { lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { Failure } from "../../core/failure.ts";

/** macOS allows 103 bytes, Linux 107. */
const longest = 100;

const fits = (path: string) => Buffer.byteLength(path) <= longest;

/** @param inside the path it would have in the data folder. */
export function socketPathFor(inside: string, env: NodeJS.ProcessEnv = process.env): string {
  if (fits(inside)) return inside;
  const name = `${createHash("sha256").update(inside).digest("hex").slice(0, 16)}.sock`;
  const folder = `myspinbot-${process.getuid?.() ?? 0}`;
  const runtime = env["XDG_RUNTIME_DIR"];
  const candidates = [...(runtime && isAbsolute(runtime) ? [runtime] : []), tmpdir(), "/tmp"].map((base) => join(base, folder, name));
  const short = candidates.find(fits);
  if (!short) throw new Failure("config", "The path of the data folder is too long for a socket. Set MYSPINBOT_DATA to a shorter one.");
  return short;
}

/** Makes the short folder, and refuses one that somebody else has prepared. */
export async function preparePrivateFolder(socketPath: string): Promise<void> {
  const folder = dirname(socketPath);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0)
    throw new Failure(
      "config",
      `${folder} belongs to somebody else or is open to others. Remove it, or set MYSPINBOT_DATA to a shorter path.`,
    );
}
