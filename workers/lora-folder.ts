/** The folder that the renderer reads LoRAs from: ours lie in `msb/` there, and nothing outside of it is ever touched. */
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { access, constants, mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { loraFile } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import { isId } from "../core/ids.ts";

const setting = "MYSPINBOT_LORA_FOLDER";

export interface PlacedFile {
  name: string;
  /** Of which asset; undefined for a half-written one of ours. */
  asset?: string;
  bytes: number;
  modifiedAt: number;
}

type Known = (asset: string) => boolean;

export interface LoraFolder {
  /** Why nothing can be placed here, with the remedy; undefined where it can. Changes nothing. `known`: assets of this studio, by which it tells its files where `msb/` has no mark. */
  problem(known?: Known): Promise<string | undefined>;
  /** Failure `config` with that problem, for a table of what works. */
  check(): Promise<void>;
  /** Whether what lies in `msb/` is this studio's to take out. One without an owner is marked as ours, unless only files that are not `known` lie there. */
  claim(known: Known): Promise<boolean>;
  freeBytes(): Promise<number>;
  /** Seen whole or not at all, under `msb/<asset>.safetensors`. Failures: `engine_failed` where the bytes are not those of `sha256` (what was there before then stays), `config` where `msb/` is another studio's. */
  place(asset: string, body: Readable, sha256: string): Promise<void>;
  /** No error for one that is not there. */
  unplace(name: string): Promise<void>;
  /** What is ours in `msb/`; anything else there is not told of. */
  placed(): Promise<PlacedFile[]>;
}

/** Sync of what was written: a rename must not come to the disk before the bytes. */
async function synced(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function partOf(name: string): boolean {
  return /^\.ast_[0-9a-z]{16}\.[0-9a-f-]{36}\.part$/.test(name);
}

/** The asset whose weights a file of this name has, with or without the folder before it. */
export function assetOf(name: string): string | undefined {
  const asset = basename(name, ".safetensors");
  return name.endsWith(".safetensors") && isId("ast", asset) ? asset : undefined;
}

const strange = `The folder of ${setting} holds another studio's LoRAs (in msb), so a LoRA of this one will not be usable in render_image by itself. Give each studio a LoRA folder of its own; where the other one is gone, delete msb there.`;

/** @param installation id of this studio's database. Without it the folder is nobody's: nothing is marked, and nothing may be swept. */
export function createLoraFolder(folder: string, installation?: () => Promise<string>): LoraFolder {
  const ours = join(folder, "msb");
  const owner = join(ours, ".studio");

  // never the folder itself: where it is not there it is not mounted, and what is written would be hidden when it is
  const make = () =>
    mkdir(ours).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });

  const marked = async (): Promise<string | undefined> => {
    const mark = await readFile(owner, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    // an empty one is of a process that died on it
    return mark.trim() || undefined;
  };

  const isStrange = async (known: Known): Promise<boolean> => {
    if (!installation) return false;
    const mark = await marked();
    if (mark) return mark !== (await installation());
    const assets = (await lora.placed()).flatMap(({ asset }) => asset ?? []);
    return assets.length > 0 && !assets.some(known);
  };

  const lora: LoraFolder = {
    async check() {
      const problem = await lora.problem();
      if (problem) throw new Failure("config", problem);
    },
    async problem(known = () => false) {
      try {
        if (!(await stat(folder)).isDirectory())
          return `${setting} names something that is no folder. Set it to the folder that ComfyUI reads LoRAs from.`;
        const made = await stat(ours).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "ENOENT") throw error;
        });
        await access(made ? ours : folder, constants.W_OK | constants.X_OK);
      } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        return `The folder of ${setting} ${missing ? "is not there" : "cannot be written by this program"}, so the LoRA will not be usable in render_image by itself. ${missing ? "Make or mount it" : "Give this program the right to write there"}; what was trained meanwhile is then placed within the hour.`;
      }
      return (await isStrange(known)) ? strange : undefined;
    },
    async claim(known) {
      if (!installation || (await isStrange(known))) return false;
      await make();
      const id = await installation();
      const mark = await marked();
      if (!mark) await writeFile(owner, `${id}\n`);
      return (await marked()) === id;
    },
    async freeBytes() {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    async place(asset, body, sha256) {
      // one that breaks off before it is read is told by the pipeline, not by an error that nobody hears
      body.on("error", () => undefined);
      const part = join(ours, `.${asset}.${randomUUID()}.part`);
      try {
        await make();
        if (installation && !(await lora.claim((one) => one === asset))) throw new Failure("config", strange);
        const hash = createHash("sha256");
        await pipeline(
          body,
          async function* (chunks: AsyncIterable<Uint8Array>) {
            for await (const chunk of chunks) {
              hash.update(chunk);
              yield chunk;
            }
          },
          createWriteStream(part, { flags: "wx", mode: 0o644 }),
        );
        if (hash.digest("hex") !== sha256)
          throw new Failure(
            "engine_failed",
            "The LoRA's file changed on its way into the LoRA folder. It is placed again within the hour.",
          );
        await synced(part);
        await rename(part, join(folder, loraFile(asset)));
        await synced(ours);
      } finally {
        body.destroy();
        await rm(part, { force: true });
      }
    },
    async unplace(name) {
      // a name from a listing of `msb/`, never a path out of it
      await rm(join(ours, basename(name)), { force: true });
    },
    async placed() {
      const entries = await readdir(ours, { withFileTypes: true }).catch(() => []);
      const files = await Promise.all(
        entries
          .filter((entry) => entry.isFile() && (partOf(entry.name) || assetOf(entry.name)))
          .map(async ({ name }): Promise<PlacedFile[]> => {
            const found = await stat(join(ours, name)).catch(() => undefined);
            const asset = assetOf(name);
            return found ? [{ name, bytes: found.size, modifiedAt: found.mtimeMs, ...(asset ? { asset } : {}) }] : [];
          }),
      );
      return files.flat();
    },
  };
  return lora;
}
