/** What is not a whole backup of ours is refused in words, and nothing is written because of it. */
import { mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { failureOf } from "../postgres/testing/drafts.ts";
import { createBackups } from "./backups.ts";
import { manifestName, sealName } from "./format.ts";
import { type Piece, piecesOf, resealed, tarOf, write } from "./testing/forge.ts";
import { backupOf, fill, newPlace, type Place } from "./testing/studio.ts";
import { verifyBackup } from "./verify.ts";

let folder: string;
let old: Place;
let good: string;
let pieces: Piece[];
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-bad-"));
  old = await newPlace();
  await fill(old);
  good = (await backupOf(old, folder)).path;
  pieces = await piecesOf(good);
});
afterAll(async () => {
  await old.end();
  await rm(folder, { recursive: true, force: true });
});

/** By the way that `restore` goes; what would be opened to be written into must not be. */
async function refusal(path: string): Promise<string> {
  const opened = () => Promise.reject(new Error("something was opened"));
  const backups = createBackups({ version: "1", openBeside: opened, openAlone: opened, prepareChats: opened });
  const failure = await failureOf(backups.restore(path, { replace: true }));
  expect((await failureOf(backups.verify(path))).message).toBe(failure.message);
  if (failure.code !== "config") expect(failure.code).toBe("invalid_input");
  expect(failure.message).toMatch(/Nothing was changed|Name a|Correct the path/);
  return failure.message;
}

it("a good one is whole, and the forger of these tests makes the same", async () => {
  expect((await verifyBackup(await write(at("same.tar"), pieces))).manifest).toEqual((await verifyBackup(good)).manifest);
});

it("one that is cut off is refused, wherever it was cut", async () => {
  const whole = await readFile(good);
  const cuts = [
    0,
    1,
    511,
    512,
    700,
    whole.length >> 1,
    whole.length - 1024 - 512,
    whole.length - 1024,
    whole.length - 512,
    whole.length - 1,
  ];
  for (const cut of cuts) {
    await writeFile(at("cut.tar"), whole);
    await truncate(at("cut.tar"), cut);
    expect(await refusal(at("cut.tar")), `at ${cut}`).toMatch(/cut off|end is missing/);
  }
});

it("one changed byte is found: in a file, a table, the manifest, a header, the seal", async () => {
  const whole = await readFile(good);
  const { places } = await verifyBackup(good);
  for (const [name, words] of [
    [[...places.keys()].find((key) => key.startsWith("files/jobs")) ?? "", /was changed or damaged/],
    ["tables/jobs.copy", /was changed or damaged/],
    [manifestName, /manifest was changed/],
    [sealName, /manifest was changed/],
  ] as const) {
    const { offset } = places.get(name) as { offset: number };
    const changed = Buffer.from(whole);
    changed[offset] = (changed[offset] ?? 0) ^ 1;
    await writeFile(at("byte.tar"), changed);
    expect(await refusal(at("byte.tar")), name).toMatch(words);
    const header = Buffer.from(whole);
    header[offset - 500] = (header[offset - 500] ?? 0) ^ 1;
    await writeFile(at("byte.tar"), header);
    expect(await refusal(at("byte.tar")), name).toMatch(/damaged/);
  }
});

it.each<[what: string, piece: Piece, words: RegExp]>([
  ["a name that climbs out", { name: "files/../../etc/passwd", content: Buffer.from("x") }, /a name that no backup/],
  ["an absolute name", { name: "/etc/passwd", content: Buffer.from("x") }, /a name that no backup/],
  ["a hidden name", { name: "files/.incoming/x", content: Buffer.from("x") }, /a name that no backup/],
  ["a link", { name: "files/jobs/x.png", content: Buffer.alloc(0), type: "2" }, /no plain file/],
  ["a hard link", { name: "files/jobs/x.png", content: Buffer.alloc(0), type: "1" }, /no plain file/],
  ["a folder", { name: "files/jobs", content: Buffer.alloc(0), type: "5" }, /no plain file/],
  ["a file that the manifest does not name", { name: "files/jobs/x.png", content: Buffer.from("x") }, /does not name/],
  ["a table that is unknown", { name: "tables/pg_authid.copy", content: Buffer.from("x\n") }, /table that this version does not know/],
])("%s is refused", async (_what, piece, words) => {
  expect(await refusal(await write(at("strange.tar"), [piece, ...pieces]))).toMatch(words);
  expect(await refusal(await write(at("strange.tar"), [...pieces, piece]))).toMatch(words);
});

it("the same name twice is refused, in the file and in the manifest", async () => {
  const [first] = pieces as [Piece];
  expect(await refusal(await write(at("twice.tar"), [first, ...pieces]))).toMatch(/twice/);
  expect(
    await refusal(
      await write(
        at("twice.tar"),
        resealed(pieces, ({ files }) => void files.push(...files.slice(0, 1))),
      ),
    ),
  ).toMatch(/twice/);
});

it("a manifest that lies is refused: about rows, hashes, tables, what is there", async () => {
  const lies: [RegExp, Parameters<typeof resealed>[1]][] = [
    [
      /counts 9 rows of "settings", and there are \d/,
      ({ tables }) => void Object.assign(tables.find(({ name }) => name === "settings") ?? {}, { rows: 9 }),
    ],
    [/was changed or damaged/, ({ files }) => void Object.assign(files[0] ?? {}, { sha256: "0".repeat(64) })],
    [/table that this version does not know/, ({ tables }) => void Object.assign(tables[0] ?? {}, { name: "users" })],
    [/missing in it/, ({ files }) => void Object.assign(files[0] ?? {}, { key: "jobs/other.png" })],
    [/does not name/, ({ files }) => void files.pop()],
    [/does not fit \(files\.0\.bytes\)/, ({ files }) => void Object.assign(files[0] ?? {}, { bytes: -1 })],
  ];
  for (const [words, lie] of lies) expect(await refusal(await write(at("lie.tar"), resealed(pieces, lie)))).toMatch(words);
});

it("one of a newer version is refused with that version: by its format, or by a step that its tables were made by", async () => {
  const newer = resealed(pieces, (manifest) => void Object.assign(manifest, { format: 2, version: "9.1" }));
  expect(await refusal(await write(at("new.tar"), newer))).toMatch(/newer version.*"9\.1".*format 2.*up to 1/);
  const further = resealed(pieces, (manifest) => {
    manifest.version = "9.1";
    manifest.migrations.push({ hash: "f".repeat(64), at: 9e12 });
  });
  expect(await refusal(await write(at("new.tar"), further))).toMatch(
    /newer version of MySpinBot \(9\.1\).*does not know 1 of the \d+ steps/,
  );
});

it("what is no backup at all is refused: a picture, nothing, a folder, a link, a path that leads nowhere", async () => {
  await writeFile(at("picture.tar"), Buffer.from("\x89PNG and so on".repeat(100)));
  expect(await refusal(at("picture.tar"))).toMatch(/never a backup/);
  await writeFile(at("empty.tar"), "");
  expect(await refusal(at("empty.tar"))).toMatch(/never a backup/);
  await writeFile(at("foreign.tar"), tarOf([{ name: "README", content: Buffer.from("hello") }]));
  expect(await refusal(at("foreign.tar"))).toMatch(/no backup of MySpinBot has/);
  expect(await refusal(folder)).toMatch(/is not a file/);
  await symlink(good, at("link.tar"));
  expect(await refusal(at("link.tar"))).toMatch(/is not a file/);
  expect(await refusal(at("nowhere.tar"))).toMatch(/Correct the path/);
});

it("something behind the end is refused", async () => {
  await writeFile(at("more.tar"), Buffer.concat([await readFile(good), Buffer.alloc(1024, 1)]));
  expect(await refusal(at("more.tar"))).toMatch(/behind its end|damaged/);
});
