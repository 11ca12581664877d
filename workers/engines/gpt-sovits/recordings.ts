/** The folder that both programs see: a recording lies there while it is spoken with, and no longer. */
import { createHash, randomUUID } from "node:crypto";
import { access, constants, lstat, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { GptSovitsOptions } from "./options.ts";

const setting = "GPT_SOVITS_FOLDER";

export interface Recordings {
  /** Why nothing can be laid down, with the remedy; undefined where it can. Changes nothing. */
  problem(): Promise<string | undefined>;
  /** The path as GPT-SoVITS sees it, and how to take the file out again. Failure `config`. */
  place(wav: Uint8Array): Promise<{ path: string; remove(): Promise<void> }>;
}

/** What a process that died left behind goes after this time: no speech lasts so long. */
const leftMs = 24 * 3_600_000;

const ours = /^msb-[0-9a-f]{32}-[0-9a-f]{8}\.(wav|part)$/;

function isThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

/** Windows paths end where a slash would be wrong. */
function joinThere(folder: string, name: string): string {
  const windows = /^[A-Za-z]:|\\/.test(folder) && !folder.includes("/");
  return `${folder.replace(/[\\/]+$/, "")}${windows ? "\\" : "/"}${name}`;
}

/** GPT-SoVITS may run as another user: it must get in, and nobody else finds a name by looking. One that somebody else has made before us could be read by them. */
async function makeOwn(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid))
    throw new Failure(
      "config",
      `The folder for recordings belongs to another user. Set ${setting} to a folder of yours that GPT-SoVITS sees as well.`,
    );
}

export function createRecordings({
  url,
  folder,
  folderThere,
  log,
}: Pick<GptSovitsOptions, "url" | "folder" | "folderThere" | "log">): Recordings {
  const own = isThisMachine(url) ? join(tmpdir(), "myspinbot-gpt-sovits") : undefined;
  const here = folder ?? own;

  const problem = async (): Promise<string | undefined> => {
    if (!here)
      return `GPT-SoVITS runs on another machine and reads the recording of a voice from a file. Set ${setting} to a folder that both see (a share), and GPT_SOVITS_FOLDER_THERE to its path over there.`;
    if (!folder) return undefined;
    try {
      if (!(await stat(here)).isDirectory())
        return `${setting} names something that is no folder. Set it to a folder that GPT-SoVITS sees as well.`;
      await access(here, constants.W_OK | constants.X_OK);
      return undefined;
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      return `The folder of ${setting} ${missing ? "is not there: make or mount it" : "cannot be written by this program: give it the right to"}.`;
    }
  };

  const sweep = async (place: string): Promise<void> => {
    for (const name of (await readdir(place)).filter((entry) => ours.test(entry))) {
      const found = await stat(join(place, name)).catch(() => undefined);
      if (found && Date.now() - found.mtimeMs > leftMs) await rm(join(place, name), { force: true });
    }
  };

  return {
    problem,
    async place(wav) {
      const why = await problem();
      if (why || !here) throw new Failure("config", why ?? "");
      if (!folder) await makeOwn(here);
      await sweep(here).catch((error: unknown) =>
        log.warn({ err: error }, "old recordings were not taken out of the folder for GPT-SoVITS"),
      );
      // it keeps what it knows of a path for good: another recording must have another name. The rest is of this use alone, so that another one's end takes nothing from us
      const name = `msb-${createHash("sha256").update(wav).digest("hex").slice(0, 32)}-${randomUUID().slice(0, 8)}`;
      const [part, whole] = [join(here, `${name}.part`), join(here, `${name}.wav`)];
      try {
        await writeFile(part, wav, { flag: "wx", mode: 0o644 });
        await rename(part, whole);
      } catch (cause) {
        await rm(part, { force: true });
        const full = (cause as NodeJS.ErrnoException).code === "ENOSPC";
        throw full
          ? new Failure("storage_full", `The disk of the folder of ${setting} is full. Free some space, then retry the job.`, { cause })
          : new Failure(
              "config",
              `The recording could not be laid down for GPT-SoVITS. ${setting} must name a folder that this program can write.`,
              { cause },
            );
      }
      return { path: joinThere(folderThere ?? here, `${name}.wav`), remove: () => rm(whole, { force: true }) };
    },
  };
}
