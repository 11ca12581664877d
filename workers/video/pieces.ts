/** Pieces of a long piece of work, kept on disk under the job's id: an attempt that begins after a crash finds what the one before it finished. */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../core/json.ts";

export interface Pieces {
  /** For whatever the work needs; it lies beside the pieces and goes with them. */
  readonly folder: string;
  /** Name of a finished piece in the folder. */
  name(index: number): string;
  done(index: number): boolean;
  /** A file of the folder, whole, becomes the piece. */
  finish(index: number, file: string): Promise<void>;
  remove(): Promise<void>;
}

const prefix = "myspinbot-pieces-";
/** What nobody came back for in this time is removed by whoever works next. */
const keptMs = 2 * 24 * 3600 * 1000;

async function sweep(parent: string, own: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(prefix) || name === own) continue;
    const age = await stat(join(parent, name)).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > keptMs) await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** @param plan all that a piece depends on: pieces of any other plan are thrown away. */
export async function openPieces(options: { parent?: string; job: string; plan: JsonObject }): Promise<Pieces> {
  const parent = options.parent ?? tmpdir();
  const own = `${prefix}${options.job.replace(/[^\w-]/g, "_")}`;
  const folder = join(parent, own);
  const plan = JSON.stringify(options.plan);
  await sweep(parent, own);
  if ((await readFile(join(folder, "plan.json"), "utf8").catch(() => undefined)) !== plan) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, "plan.json"), plan);
  }
  const name = (index: number) => `piece-${String(index).padStart(5, "0")}.mp4`;
  const finished = new Set((await readdir(folder)).filter((file) => file.startsWith("piece-")));
  return {
    folder,
    name,
    done: (index) => finished.has(name(index)),
    async finish(index, file) {
      await rename(join(folder, file), join(folder, name(index)));
      finished.add(name(index));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
