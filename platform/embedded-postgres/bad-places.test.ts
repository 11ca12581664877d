/** Where the database cannot be: each place gets one clear message with a way out, and nothing half made. */
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findPackage } from "./binaries.ts";
import { clusterPath } from "./cluster.ts";
import { programFailure } from "./failures.ts";
import { copyOfPackage, ended, failureOf, isRoot, newFolder, query, start, starter, until } from "./testing/harness.ts";

/** A package whose programs are these shell scripts. */
async function fakePackage(programs: { initdb?: string; postgres?: string }) {
  const path = join(await newFolder(), "package");
  const bin = join(path, "native", "bin");
  await mkdir(bin, { recursive: true });
  for (const [name, text] of Object.entries(programs)) await writeFile(join(bin, name), text, { mode: 0o755 });
  if (!programs.postgres) await writeFile(join(bin, "postgres"), "", { mode: 0o755 });
  for (const open of [dirname(path), path, join(path, "native"), bin]) await chmod(open, 0o755);
  return { path, version: "16.0.0-fake" };
}

const made = async (folder: string) => (await readdir(folder)).filter((name) => name === "cluster");

describe("initdb cut short", () => {
  it("by kill -9 of everything leaves nothing half made", async () => {
    const folder = await newFolder();
    const { child } = starter(folder);
    await until(async () => {
      const [aside] = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(".new-cluster"));
      return aside !== undefined && (await stat(join(folder, aside, "data", "PG_VERSION")).catch(() => undefined)) !== undefined;
    }, "initdb is in the middle");
    process.kill(-(child.pid as number), "SIGKILL");
    await ended(child);
    expect(await made(folder)).toEqual([]);
    const server = await start(folder);
    expect(await query(server.url, "select 1 as n")).toEqual([{ n: 1 }]);
    expect((await readdir(folder)).filter((name) => name.startsWith(".new"))).toEqual([]);
  });

  it("by a signal is told in words", async () => {
    const folder = await newFolder();
    const failure = await failureOf(start(folder, { package: await fakePackage({ initdb: "#!/bin/sh\nkill -INT $$\n" }) }));
    expect(failure).toMatchObject({ code: "canceled", retryable: true });
    expect(await made(folder)).toEqual([]);
  });
});

describe("a full disk", () => {
  it("met by initdb", async () => {
    const folder = await newFolder();
    const words = 'initdb: error: could not write file "global/1": No space left on device';
    const failure = await failureOf(start(folder, { package: await fakePackage({ initdb: `#!/bin/sh\necho '${words}' >&2\nexit 1\n` }) }));
    expect(failure.code).toBe("storage_full");
    expect(failure.message).toMatch(/full.*MYSPINBOT_DATA/);
    expect(await made(folder)).toEqual([]);
  });

  it("met by the server", async () => {
    const folder = await newFolder();
    await (await start(folder)).stop();
    const words = 'FATAL:  could not write lock file "postmaster.pid": No space left on device';
    const failure = await failureOf(
      start(folder, { package: await fakePackage({ postgres: `#!/bin/sh\necho '${words}' >&2\nexit 1\n` }) }),
    );
    expect(failure.code).toBe("storage_full");
  });
});

describe("data that do not fit", () => {
  it("of another major version are refused and left alone", async () => {
    const folder = await newFolder();
    await (await start(folder)).stop();
    const version = join(clusterPath(folder), "data", "PG_VERSION");
    await writeFile(version, "15\n");
    const failure = await failureOf(start(folder));
    expect(failure.code).toBe("config");
    expect(failure.message).toMatch(/PostgreSQL 15; this version has PostgreSQL 16\. Nothing was changed.*DATABASE_URL.*MYSPINBOT_DATA/);
    expect(await readFile(version, "utf8")).toBe("15\n");
  });

  it("that lack a part are not taken for a new folder", async () => {
    const folder = await newFolder();
    await (await start(folder)).stop();
    await rm(join(clusterPath(folder), "password"));
    expect((await failureOf(start(folder))).message).toMatch(/not whole \(its password is missing\).*backup/);
    await writeFile(join(clusterPath(folder), "password"), "x\n");
    await rm(join(clusterPath(folder), "data", "PG_VERSION"));
    const failure = await failureOf(start(folder));
    expect(failure.code).toBe("config");
    expect(failure.message).toMatch(/PG_VERSION is missing/);
  });
});

describe("a platform without the programs", () => {
  it.each([
    ["linux", "riscv64"],
    ["freebsd", "x64"],
  ])("%s-%s is told to set DATABASE_URL", async (platform, arch) => {
    const failure = await failureOf(findPackage(platform, arch));
    expect(failure.code).toBe("config");
    expect(failure.message).toContain(`${platform}-${arch}`);
    expect(failure.message).toContain("Set DATABASE_URL");
  });

  it("musl: the programs are there, their loader is not", async () => {
    const failure = await failureOf(start(await newFolder(), { package: await fakePackage({ initdb: "#!/lib/no-such-loader.so.1\n" }) }));
    expect(failure.code).toBe("config");
    expect(failure.message).toMatch(/Alpine.*Set DATABASE_URL/);
  });

  it.each([
    ["error while loading shared libraries: libssl.so.1.1: cannot open shared object file", "config", "DATABASE_URL"],
    ["initdb: error: could not look up effective user ID 4711: user does not exist", "config", "/etc/passwd"],
    ["FATAL:  could not map anonymous shared memory: Cannot allocate memory", "database_unavailable", "memory"],
    ["PANIC:  something new", "database_unavailable", "`log`"],
  ])("%s", (words, code, remedy) => {
    const failure = programFailure(words);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(remedy);
    expect(failure.message).not.toContain(words);
  });
});

describe.runIf(isRoot)("as root", () => {
  it("a parent that the server's user may not pass is named with the command that opens it", async () => {
    const folder = await newFolder();
    await chmod(dirname(folder), 0o700);
    const failure = await failureOf(start(folder));
    expect(failure.code).toBe("config");
    expect(failure.message).toContain(`chmod o+x ${dirname(folder)}`);
    expect(await made(folder)).toEqual([]);
  });

  it("programs in a closed clone are copied, which is said before; the next start uses the copy without a word", async () => {
    const folder = await newFolder();
    const path = await copyOfPackage(0o700);
    const said: string[] = [];
    const say = async (text: string) => void said.push(`${text} ${(await readdir(folder)).some((name) => name.startsWith("binaries"))}`);
    const from = { path, version: "16.0.0-copied" };
    const first = await start(folder, { package: from, say });
    expect(said).toEqual([
      expect.stringMatching(/Copying PostgreSQL \(60 MB\) to .*binaries-16\.0\.0-copied: .* may not enter .*MYSPINBOT_DATA.* false$/),
    ]);
    expect(await query(first.url, "select 1 as n")).toEqual([{ n: 1 }]);
    await first.stop();
    const second = await start(folder, { package: from, say });
    expect(said).toHaveLength(1);
    await second.stop();
    const third = await start(folder, { package: { path, version: "16.0.1-copied" }, say });
    expect((await readdir(folder)).filter((name) => name.startsWith("binaries"))).toEqual(["binaries-16.0.1-copied"]);
    await third.stop();
  });

  it("also where npm made the library names: the copy's own, not links back into the closed clone", async () => {
    const path = await copyOfPackage(0o700);
    const links = JSON.parse(await readFile(join(path, "native", "pg-symlinks.json"), "utf8")) as { source: string; target: string }[];
    for (const { source, target } of links) await symlink(basename(source), join(path, target));
    const server = await start(await newFolder(), { package: { path, version: "16.0.2-linked" } });
    expect(await query(server.url, "select 1 as n")).toEqual([{ n: 1 }]);
  });
});

describe("as an ordinary user", () => {
  it("it runs as that user, with programs whose library names npm did not make, and is adopted", async () => {
    const base = dirname(await newFolder());
    const folder = join(base, "own", "postgres");
    await mkdir(dirname(folder), { mode: 0o777 });
    await chmod(dirname(folder), 0o777);
    const path = await copyOfPackage(0o755);
    const uid = isRoot ? "65534" : "";
    const { child, told } = starter(folder, uid, path);
    const first = await told;
    expect(first).toMatchObject({ adopted: false, said: [] });
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(clusterPath(folder))).uid).toBe(isRoot ? 65534 : process.getuid?.());
    process.kill(child.pid as number, "SIGKILL");
    await ended(child);
    const second = await starter(folder, uid, path).told;
    expect(second).toMatchObject({ adopted: true, pid: first.pid });
    // root finds the same server and keeps its owner
    const third = await start(folder);
    expect(third).toMatchObject({ adopted: true, pid: first.pid });
    await third.stop();
  });

  it("a folder of somebody else is refused in words", async () => {
    const folder = await newFolder();
    await (await start(folder)).stop();
    if (!isRoot) await chmod(folder, 0o000);
    const told = isRoot ? await starter(folder, "65534").told : await failureOf(start(folder));
    if (!isRoot) await chmod(folder, 0o700);
    expect(told.code).toBe("config");
    expect(told.message).toMatch(/may not be read or written by this user/);
  });
});
