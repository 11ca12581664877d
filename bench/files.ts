/** The file route with a file of one gigabyte, over a raw node pipe of the same file; and whether its memory stays flat. */
import { randomBytes } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, command, root, until } from "../test/harness/product.ts";
import { median, type Report, show, table } from "./numbers.ts";

const size = 1_000_000_000;
const rounds = 5;

async function makeFile(path: string): Promise<void> {
  const chunk = randomBytes(10_000_000);
  const file = await open(path, "w");
  for (let written = 0; written < size; written += chunk.length) await file.write(chunk);
  await file.close();
}

async function serve(path: string, way: "app" | "raw"): Promise<{ url: string; server: Command }> {
  const env = { PATH: process.env["PATH"] ?? "" };
  const server = command(process.execPath, ["--import", "tsx", join(root, "bench/file-server-main.ts"), path, way], { cwd: root, env });
  const url = await until(() => server.stdout.trim(), `the ${way} server listens ${server.stderr}`, 30_000);
  return { url, server };
}

/** Megabytes a second. */
async function download(url: string): Promise<number> {
  const begun = performance.now();
  const bytes = await new Promise<number>((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let count = 0;
      response.on("data", (chunk: Buffer) => {
        count += chunk.length;
      });
      response.on("end", () => resolve(count)).on("error", reject);
    }).on("error", reject);
  });
  if (bytes !== size) throw new Error(`${bytes} bytes came`);
  return bytes / 1000 / (performance.now() - begun);
}

/** Megabytes of the highest resident size so far. */
async function peak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1000;
}

export async function fileRoute(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "spin-files-"));
  const path = join(folder, "big.bin");
  await makeFile(path);
  const [app, raw] = [await serve(path, "app"), await serve(path, "raw")];
  try {
    const [apps, raws]: [number[], number[]] = [[], []];
    await download(app.url);
    await download(raw.url);
    const before = [await peak(app.server.pid), await peak(raw.server.pid)] as const;
    for (let round = 0; round < rounds; round++) {
      raws.push(await download(raw.url));
      apps.push(await download(app.url));
    }
    const after = [await peak(app.server.pid), await peak(raw.server.pid)] as const;
    report.say(
      table("MB/s of 1 GB", [
        ["raw node pipe", raws],
        ["file route", apps],
      ]),
    );
    report.goal("file route ÷ raw pipe", median(apps) / median(raws), "at least", 0.7);
    report.say(
      `  peak RSS after the first, and after ${rounds} more: raw ${show(before[1])} → ${show(after[1])} MB, file route ${show(before[0])} → ${show(after[0])} MB`,
    );
    report.goal(`growth of the file route's peak over ${rounds} GB`, after[0] - before[0], "at most", 50, " MB");
  } finally {
    for (const { server } of [app, raw]) {
      server.child.kill("SIGKILL");
      await server.ended;
    }
    await rm(folder, { recursive: true, force: true });
  }
}
