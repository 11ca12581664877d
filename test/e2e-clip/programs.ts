/** The processes that the product runs beside its server. */
import { readdir, readFile, readlink } from "node:fs/promises";
import type { Product } from "../harness/product.ts";

export interface Program {
  pid: number;
  /** Its command line. */
  line: string;
  /** Where it works. */
  folder: string;
}

async function programs(): Promise<(Program & { parent: number })[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const all = await Promise.all(
    pids.map(async (pid) => {
      const [line, stat, folder] = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
        readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""),
        readlink(`/proc/${pid}/cwd`).catch(() => ""),
      ]);
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return { pid: Number(pid), line: line.replaceAll("\0", " ").trim(), folder, parent };
    }),
  );
  // one that has ended has none
  return all.filter(({ line }) => line !== "");
}

/** Of this product, whoever started them: the machine may run others. */
export const ffmpegs = async ({ base }: Pick<Product, "base">): Promise<Program[]> =>
  (await programs()).filter(({ line, folder }) => /^(\S*\/)?ffmpeg /.test(line) && folder.startsWith(base));

/** Processes that read the index of a sound or video. */
export async function readers(product: Pick<Product, "servers">): Promise<Program[]> {
  const servers = new Set(await product.servers());
  return (await programs()).filter(({ line, parent }) => servers.has(parent) && line.includes("describe/child."));
}
