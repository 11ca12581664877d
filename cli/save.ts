/** Brings an artifact into a local folder under its own name: whole and checked, or not at all, and never over another file. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, copyFile, link, mkdir, open, stat, unlink } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "../core/client.ts";
import { Failure } from "../core/failure.ts";
import type { ArtifactView } from "../core/view.ts";
import { localFailure } from "./local-failure.ts";
import { safeFileName } from "./plain.ts";

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function isSame(path: string, artifact: ArtifactView): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === artifact.bytes && (await sha256Of(path)) === artifact.sha256;
}

/** Gives `aside` a name that nothing has yet: `fox.png`, `fox-2.png`, … The file that already is this artifact is taken as it is. */
async function settle(aside: string, folder: string, artifact: ArtifactView): Promise<string> {
  const { name, ext } = parse(safeFileName(artifact.name));
  for (let count = 1; ; count++) {
    const path = join(folder, count === 1 ? `${name}${ext}` : `${name}-${count}${ext}`);
    try {
      await link(aside, path);
      return path;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (code === "EEXIST") {
        if (await isSame(path, artifact)) return path;
        continue;
      }
      // disks without hard links, such as a FAT stick
      if (!["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"].includes(code)) throw error;
    }
    try {
      await copyFile(aside, path, constants.COPYFILE_EXCL);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (await isSame(path, artifact)) return path;
    }
  }
}

/** Before work is asked for: a folder that could not take the result is named now, not after an hour on the card. Makes nothing. Failure `config`. */
export async function checkFolder(folder: string): Promise<void> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      if (!(await stat(path)).isDirectory()) throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
      return await access(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || path === dirname(path)) throw localFailure(error, path);
    }
  }
}

/** @returns absolute path. Failures: `storage_full`, `config` (the folder), `storage_unavailable` (cut or damaged on the way), and the server's own. */
export async function saveArtifact(client: Client, artifact: ArtifactView, folder: string, signal?: AbortSignal): Promise<string> {
  const target = resolve(folder);
  const aside = join(target, `.${randomBytes(8).toString("hex")}.part`);
  let made = false;
  try {
    await mkdir(target, { recursive: true });
    const body = await client.download(artifact.id);
    const file = await open(aside, "wx");
    made = true;
    const hash = createHash("sha256");
    const tap = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(body, tap, file.createWriteStream({ flush: true }), signal ? { signal } : {});
    if (hash.digest("hex") !== artifact.sha256)
      throw new Failure("storage_unavailable", `${plainName(artifact)} arrived damaged. Ask for it again.`, { retryable: true });
    return await settle(aside, target, artifact);
  } catch (error) {
    throw localFailure(error, target);
  } finally {
    if (made) await unlink(aside).catch(() => undefined);
  }
}

const plainName = (artifact: ArtifactView) => safeFileName(artifact.name);
