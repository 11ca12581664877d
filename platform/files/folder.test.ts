/** The folder adapter: the contract, private modes, and what a full, read-only or lost disk says. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFolderFiles } from "./folder.ts";
import { fileStoreContract } from "./testing/contract.ts";

const incoming = async (root: string) => (await fs.readdir(join(root, ".incoming")).catch(() => [])).length;

fileStoreContract("folder", async () => {
  const root = await fs.mkdtemp(join(tmpdir(), "spin-files-"));
  return {
    files: createFolderFiles(join(root, "files/")),
    leftovers: () => incoming(join(root, "files")),
    stop: () => fs.rm(root, { recursive: true }),
  };
});

describe("folder of results", () => {
  let top: string;
  const original = { open: fs.open, mkdir: fs.mkdir };
  beforeAll(async () => {
    top = await fs.mkdtemp(join(tmpdir(), "spin-files-"));
  });
  afterEach(() => {
    Object.assign(fs, original);
    syncBuiltinESMExports();
  });
  afterAll(() => fs.rm(top, { recursive: true }));

  it("is private: folders 0700, files 0600, whatever the umask", async () => {
    const root = join(top, "private");
    const old = process.umask(0);
    try {
      await createFolderFiles(root).put("jobs/job_1/1/a.png", randomBytes(3));
    } finally {
      process.umask(old);
    }
    const mode = async (path: string) => (await fs.stat(join(root, path))).mode & 0o777;
    for (const folder of ["", ".incoming", "jobs", "jobs/job_1", "jobs/job_1/1"]) expect(await mode(folder)).toBe(0o700);
    expect(await mode("jobs/job_1/1/a.png")).toBe(0o600);
  });

  it("is synced before it is named, and its folders after", async () => {
    const root = join(top, "synced");
    const steps: string[] = [];
    const watched = async (...args: Parameters<typeof fs.open>) => {
      const file = await original.open(...args);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        const named = await fs.stat(join(root, "a/b/c")).then(
          () => true,
          () => false,
        );
        steps.push(
          `${String(args[0])
            .slice(root.length)
            .replace(/^\/.incoming\/.*/, "aside")} named=${named}`,
        );
        return sync();
      };
      return file;
    };
    await createFolderFiles(root).put("z", randomBytes(1));
    Object.assign(fs, { open: watched });
    syncBuiltinESMExports();
    await createFolderFiles(root).put("a/b/c", randomBytes(1));
    expect(steps).toEqual(["aside named=false", "/a/b named=true", "/a named=true", " named=true"]);
  });

  it("removes empty folders but never the root, and a put that meets this is not lost", async () => {
    const root = join(top, "pruned");
    const files = createFolderFiles(root);
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        await files.put(`deep/er/${n}`, randomBytes(8));
        await files.remove(`deep/er/${n}`);
      }),
    );
    await files.put("deep/er/last", randomBytes(8));
    await files.remove("deep/er/last");
    expect(await fs.readdir(root)).toEqual([".incoming"]);
  });

  it("check sweeps what a dead process left a day ago, and nothing younger", async () => {
    const root = join(top, "swept");
    const files = createFolderFiles(root);
    await files.check();
    for (const name of ["old", "young"]) await fs.writeFile(join(root, ".incoming", name), "x");
    const yesterday = Date.now() / 1000 - 25 * 3600;
    await fs.utimes(join(root, ".incoming/old"), yesterday, yesterday);
    await files.check();
    expect(await fs.readdir(join(root, ".incoming"))).toEqual(["young"]);
  });

  // a real ENOSPC from the kernel, on any machine
  const devFull = {
    name: "/dev/full",
    async use(run: (root: string) => Promise<void>) {
      const root = join(top, "dev-full");
      Object.assign(fs, {
        open: (path: string, flags: string, mode?: number) =>
          flags === "wx" ? fs.writeFile(path, "").then(() => original.open("/dev/full", "r+")) : original.open(path, flags, mode),
      });
      syncBuiltinESMExports();
      await run(root);
    },
  };
  const tmpfs = {
    name: "a mounted 1 MB tmpfs",
    async use(run: (root: string) => Promise<void>) {
      const root = await fs.mkdtemp(join(top, "mnt-"));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", root]);
      try {
        await run(root);
      } finally {
        execFileSync("umount", ["-l", root]);
      }
    },
  };
  const mayMount = (() => {
    if (process.getuid?.() !== 0) return false;
    try {
      execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", tmpdir()], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  })();
  if (!mayMount) console.log("this user may not mount a tmpfs: full and read-only disks are tested with faults only");

  it.each([devFull, ...(mayMount ? [tmpfs] : [])])("a full disk is storage_full and leaves nothing: $name", async ({ use }) => {
    await use(async (root) => {
      const files = createFolderFiles(root);
      const source = Readable.from([randomBytes(900_000), randomBytes(900_000)]);
      await expect(files.put("jobs/a", source)).rejects.toMatchObject({
        code: "storage_full",
        message: expect.stringContaining("Free some space"),
      });
      expect(source.destroyed).toBe(true);
      expect(await files.stat("jobs/a")).toBeUndefined();
      expect(await incoming(root)).toBe(0);
    });
  });

  it.each([
    ["EROFS", "config", "read-only"],
    ["EACCES", "config", "may not be used by this user"],
    ["ENOTDIR", "config", "is a file"],
    ["EDQUOT", "storage_full", "full"],
    ["EIO", "storage_unavailable", "Check the disk"],
    ["ESTALE", "storage_unavailable", "network mount"],
    ["EFOO", "internal", "server log"],
  ])("%s is named, without a path", async (code, expected, words) => {
    Object.assign(fs, { mkdir: () => Promise.reject(Object.assign(new Error(`${code}: no, mkdir '${top}'`), { code })) });
    syncBuiltinESMExports();
    const failure = await createFolderFiles(join(top, "named"))
      .check()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: "Failure",
      code: expected,
      message: expect.stringContaining(words),
      retryable: expected === "storage_unavailable",
    });
    expect(String(failure)).not.toContain(top);
  });

  it("a file where the folder should be is named", async () => {
    await fs.writeFile(join(top, "file"), "");
    await expect(createFolderFiles(join(top, "file")).check()).rejects.toMatchObject({ code: "config" });
  });

  if (mayMount) {
    it("a disk that is mounted read-only is named", async () => {
      await tmpfs.use(async (root) => {
        const files = createFolderFiles(root);
        await files.put("a", randomBytes(3));
        execFileSync("mount", ["-o", "remount,ro", root]);
        await expect(files.put("b", randomBytes(3))).rejects.toMatchObject({
          code: "config",
          message: expect.stringContaining("read-only"),
        });
        await expect(files.remove("a")).rejects.toMatchObject({ code: "config" });
        expect(await files.stat("a")).toEqual({ bytes: 3 });
      });
    });
  }
});
