/** One owner a folder, whatever happens; private modes; clear words for a bad folder. */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../core/failure.ts";
import { openDataFolder } from "./data-folder.ts";
import { folderFailure } from "./failures.ts";
import { ownIdentity } from "./process-identity.ts";
import { socketPathFor } from "./socket.ts";
import { type Contender, contender } from "./testing/contenders.ts";

const silent = () => undefined;
let base: string;
let contenders: Contender[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "spin-"));
});
afterEach(async () => {
  for (const one of contenders) await one.kill();
  contenders = [];
  await rm(base, { recursive: true, force: true });
});

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe("the lock", () => {
  it("exactly one of 8 processes wins, 20 times, after a clean release and after kill -9 of the owner", async () => {
    const path = join(base, "data");
    contenders = await Promise.all(Array.from({ length: 8 }, () => contender(path)));
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(contenders.map((one) => one.ask("lock")));
      const winners = contenders.filter((_, index) => answers[index]?.won);
      expect(winners, `round ${round}`).toHaveLength(1);
      const [winner] = winners as [Contender];
      for (const answer of answers.filter((one) => !one.won)) {
        expect(answer.code).toBe("folder_in_use");
        expect(answer.message).toContain(`pid ${winner.process.pid}`);
      }
      if (round % 2) expect(await winner.ask("release")).toEqual({ released: true });
      else {
        await winner.kill();
        contenders[contenders.indexOf(winner)] = await contender(path);
      }
    }
    expect((await readdir(join(path, "server"))).filter((name) => name.startsWith("lock.") || name.startsWith(".lock"))).toHaveLength(1);
  });

  it("the second owner hears pid, since when and the address", async () => {
    const path = join(base, "data");
    contenders = [await contender(path, "http://127.0.0.1:4417")];
    await contenders[0]?.ask("lock");
    const folder = await openDataFolder(path, silent);
    const failure = await failureOf(folder.lock());
    expect(failure.code).toBe("folder_in_use");
    expect(failure.message).toMatch(
      new RegExp(`pid ${contenders[0]?.process.pid} since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z, reachable at http://127.0.0.1:4417`),
    );
    expect(await folder.serverInfo()).toMatchObject({ pid: contenders[0]?.process.pid, url: "http://127.0.0.1:4417" });
    await contenders[0]?.kill();
    expect(await folder.serverInfo()).toBeUndefined();
    expect(await folder.owner()).toBeUndefined();
  });

  it("one process cannot own a folder twice, and can own it again after it let go", async () => {
    const folder = await openDataFolder(base, silent);
    const release = await folder.lock();
    expect((await failureOf(folder.lock())).message).toContain("still starting");
    await Promise.all([release(), release()]);
    expect(await folder.owner()).toBeUndefined();
    await (await folder.lock())();
  });

  it("is taken from a pid that now belongs to another process, and from before a restart", async () => {
    const folder = await openDataFolder(base, silent);
    const me = { ...(await ownIdentity()), since: "2026-01-01T00:00:00.000Z" };
    const plant = (owner: object) => writeFile(join(base, "server", "lock.1"), typeof owner === "string" ? owner : JSON.stringify(owner));
    for (const stale of [{ ...me, started: "1" }, { ...me, boot: "earlier" }, { ...me, pid: 4_000_000 }, {}]) {
      await rm(join(base, "server"), { recursive: true });
      await mkdir(join(base, "server"));
      await plant(stale);
      await (await folder.lock())();
    }
  });

  it("the owner in another container is believed while it shows signs of life, and no longer", async () => {
    const folder = await openDataFolder(base, silent);
    const file = join(base, "server", "lock.1");
    const other = { ...(await ownIdentity()), boot: "elsewhere", host: "elsewhere", started: "1", since: "2026-01-01T00:00:00.000Z" };
    await writeFile(file, JSON.stringify(other));
    expect((await failureOf(folder.lock())).code).toBe("folder_in_use");
    const minuteAgo = new Date(Date.now() - 60_000);
    await utimes(file, minuteAgo, minuteAgo);
    await (await folder.lock())();
  });
});

describe("modes and places", () => {
  it("keeps everything private; as root the database's user may pass through and no more", async () => {
    const folder = await openDataFolder(join(base, "a", "data"), silent);
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await mode(folder.path)).toBe(process.getuid?.() === 0 ? 0o711 : 0o700);
    expect(await mode(dirname(folder.socketPath))).toBe(0o700);
    expect(await mode(folder.cliPath)).toBe(0o700);
    await folder.writeServerInfo({ pid: 1, version: "1" });
    expect(await mode(join(folder.path, "server", "info.json"))).toBe(0o600);
  });

  it("as root opens an existing folder for passing through, and says so; as anyone else leaves its mode alone", async () => {
    const root = process.getuid?.() === 0;
    const said: string[] = [];
    await chmod(base, 0o700);
    await openDataFolder(base, (text) => said.push(text));
    expect((await stat(base)).mode & 0o777).toBe(root ? 0o711 : 0o700);
    expect(said.map((text) => text.includes(base))).toEqual(root ? [true] : []);
  });

  it("a long path gets a short socket that every client finds, in a private folder, and that can be listened on", async () => {
    const path = join(base, "x".repeat(120), "data");
    const folder = await openDataFolder(path, silent);
    expect(Buffer.byteLength(folder.socketPath)).toBeLessThanOrEqual(100);
    expect((await stat(dirname(folder.socketPath))).mode & 0o777).toBe(0o700);
    const before = process.env["XDG_RUNTIME_DIR"];
    process.env["XDG_RUNTIME_DIR"] = base;
    const again = await openDataFolder(path, silent).finally(() => {
      if (before === undefined) delete process.env["XDG_RUNTIME_DIR"];
      else process.env["XDG_RUNTIME_DIR"] = before;
    });
    expect(again.socketPath).toBe(folder.socketPath);
    const server = createServer();
    await new Promise<void>((listening) => server.listen(folder.socketPath, listening));
    await new Promise((closed) => server.close(closed));
  });

  it("two folders never share a socket", () => {
    const [one, two] = ["a", "b"].map((end) => socketPathFor(`/${"x".repeat(150)}/${end}`, { XDG_RUNTIME_DIR: "/run/user/1000" }));
    expect(one).toMatch(/^\/run\/user\/1000\/myspinbot-\d+\/[0-9a-f]{16}\.sock$/);
    expect(one).not.toBe(two);
    expect(socketPathFor("/data/server/socket", {})).toBe("/data/server/socket");
    expect(Buffer.byteLength(socketPathFor(`/${"x".repeat(150)}`, { XDG_RUNTIME_DIR: `/${"r".repeat(90)}` }))).toBeLessThanOrEqual(100);
  });
});

describe("a bad folder", () => {
  it("that is a file, or lies below one", async () => {
    const file = join(base, "file");
    await writeFile(file, "");
    for (const path of [file, join(file, "below")]) {
      const failure = await failureOf(openDataFolder(path, silent));
      expect(failure.code).toBe("config");
      expect(failure.message).toMatch(/is a file.*MYSPINBOT_DATA/);
    }
  });

  it("that this user may not write", async () => {
    const closed = join(base, "closed");
    await mkdir(closed, { mode: 0o555 });
    // loaded first, because another user may not be able to read a clone in root's home
    const script = `const { openDataFolder } = await import("${join(import.meta.dirname, "data-folder.ts")}");
      if (process.getuid() === 0) process.setuid(65534);
      await openDataFolder(process.argv[1], () => {}).then(() => console.log("opened"), (error) => console.log(error.code, error.message));`;
    await chmod(base, 0o755);
    const run = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, closed], {
      cwd: join(import.meta.dirname, "..", ".."),
      encoding: "utf8",
    });
    expect(run.stderr).toBe("");
    expect(run.stdout).toMatch(/^config The data folder .* may not be written by this user\. .*MYSPINBOT_DATA/);
  });

  it.each([
    ["ENOSPC", "storage_full", "is full"],
    ["EDQUOT", "storage_full", "is full"],
    ["EROFS", "config", "read-only"],
    ["EACCES", "config", "may not be written"],
    ["ENOENT", "config", "cannot be made"],
    ["EIO", "config", "reports errors"],
  ])("%s of the disk is told in words", (code, failureCode, words) => {
    const failure = folderFailure(Object.assign(new Error("errno"), { code }), "/data");
    expect(failure.code).toBe(failureCode);
    expect(failure.message).toContain(words);
    expect(failure.message).toMatch(/MYSPINBOT_DATA/);
  });
});
