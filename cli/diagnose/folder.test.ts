/** The data folder's rights, as a person finds them after `sudo` or a careless chmod. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderRows, judgeFolder } from "./folder.ts";

const mine = { path: "/data", mode: 0o700, owner: 1000, foreign: [] };
const said = (facts: object, uid = 1000) =>
  judgeFolder({ ...mine, ...facts }, uid).map(({ state, what, fix }) => `${state} ${what} → ${fix}`);

it("one's own folder is nothing to tell, for root neither, whose database has another user", () => {
  expect(said({})).toEqual([]);
  expect(said({ mode: 0o711, owner: 0, foreign: [{ name: "postgres", owner: 999 }] }, 0)).toEqual([]);
});

it("another's folder, or another's files in it, do not work and say who may have them back", () => {
  expect(said({ owner: 0 })).toEqual([
    "down /data belongs to user 0, and this is user 1000 → sudo chown -R 1000 /data, or run as the user it belongs to",
  ]);
  expect(said({ foreign: [{ name: "files", owner: 0 }] })[0]).toMatch(
    /^down in \/data files \(user 0\) belong to others.*→ sudo chown -R 1000 \/data$/,
  );
});

it("a folder that others write is wrong, one that they read is told", () => {
  expect(said({ mode: 0o777 })[0]).toMatch(/^down \/data can be written by others \(mode 777\)/);
  expect(said({ mode: 0o755 })[0]).toMatch(/^info others on this machine can look into \/data \(mode 755\) → chmod go-r/);
  expect(said({ mode: 0o711 })).toEqual([]);
});

it("is looked at as it is on the disk, and one that is not there is nothing to tell", async () => {
  const path = await mkdtemp(join(tmpdir(), "spin-folder-"));
  try {
    const uid = process.getuid?.() ?? 0;
    await chmod(path, 0o777);
    expect(await folderRows(path, uid)).toMatchObject([{ part: "Data folder", state: "down" }]);
    await chmod(path, 0o700);
    expect(await folderRows(path, uid)).toEqual([]);
    expect(await folderRows(path, uid + 1)).toMatchObject([{ what: expect.stringContaining(`belongs to user ${uid}`) }]);
    expect(await folderRows(join(path, "nowhere"), uid)).toEqual([]);
  } finally {
    await rm(path, { recursive: true });
  }
});
