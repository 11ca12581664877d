/** Archives, whole and hostile: names never become paths, nothing is unpacked past its limits, nothing is left on the disk. */
import { readSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openArchive } from "./archive.ts";
import { archives } from "./limits.ts";
import { closeFile, spool } from "./spool.ts";
import { artifactOf, zipFile } from "./testing/requests.ts";
import { type Packed, zipOf } from "./testing/zip.ts";

const never = new AbortController().signal;
const text = (words: string) => Buffer.from(words);
const zeros = (bytes: number) => Buffer.alloc(bytes);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "archive-test-"));
});
afterEach(async () => {
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

async function open(files: readonly Packed[] | Buffer, signal = never) {
  const bytes = Buffer.isBuffer(files) ? files : zipOf(files);
  return openArchive(artifactOf(zipFile(bytes), 0), Readable.from([bytes]), folder, signal);
}

/** What each picture comes to: its bytes as text, or why it is left out. */
async function contents(files: readonly Packed[]) {
  const archive = await open(files);
  const found: Record<string, string> = {};
  for (const { name, read } of archive.pictures)
    found[name] = await read(never).then(
      (bytes) => Buffer.from(bytes).toString(),
      (error: { reason: string; detail?: string }) => [error.reason, error.detail].filter(Boolean).join(": "),
    );
  archive.close();
  return { found, others: archive.others };
}

describe("an archive of photos", () => {
  it("is read in the order of a person, packed or not", async () => {
    const { found, others } = await contents([
      { name: "dog/IMG_10.jpg", bytes: text("ten") },
      { name: "dog/" },
      { name: "dog/IMG_9.JPEG", bytes: text("nine"), stored: true },
      { name: "a.png", bytes: text("first") },
      { name: "ü 犬.webp", bytes: text("last") },
    ]);
    expect(Object.entries(found)).toEqual([
      ["a.png", "first"],
      ["IMG_9.JPEG", "nine"],
      ["IMG_10.jpg", "ten"],
      ["ü 犬.webp", "last"],
    ]);
    expect(others).toBe(0);
  });

  it("passes over what is no picture, and counts it", async () => {
    const { found, others } = await contents([
      { name: "a.jpg", bytes: text("a") },
      { name: "__MACOSX/._a.jpg", bytes: text("fork") },
      { name: ".DS_Store", bytes: text("x") },
      { name: "deep/.hidden/b.jpg", bytes: text("x") },
      { name: "notes.txt", bytes: text("x") },
      { name: "passwd.jpg", bytes: text("/etc/passwd"), link: true },
    ]);
    expect(found).toEqual({ "a.jpg": "a" });
    expect(others).toBe(5);
  });

  it("names pictures of other formats instead of dropping them", async () => {
    const { found } = await contents([
      { name: "a.heic", bytes: text("a") },
      { name: "b.tiff", bytes: text("b") },
    ]);
    expect(found).toEqual({ "a.heic": "format", "b.tiff": "format" });
  });

  it("shows names without what could deceive", async () => {
    const { found } = await contents([{ name: "a/\u202egpj.exe\u0007.jpg", bytes: text("x") }]);
    expect(Object.keys(found)).toEqual(["gpj.exe.jpg"]);
  });
});

describe("refused whole, in plain words:", () => {
  it.each<[string, Packed[], string]>([
    ["a name that climbs out", [{ name: "../evil.jpg", bytes: text("x") }], "leads out of the archive"],
    ["one that climbs out by a back slash", [{ name: "..\\evil.jpg", bytes: text("x") }], "leads out of the archive"],
    ["one that climbs out in the middle", [{ name: "a/../../evil.jpg", bytes: text("x") }], "leads out of the archive"],
    ["an absolute name", [{ name: "/etc/cron.d/evil.jpg", bytes: text("x") }], "leads out of the archive"],
    ["a name with a drive", [{ name: "C:/evil.jpg", bytes: text("x") }], "leads out of the archive"],
    ["a password", [{ name: "a.jpg", bytes: text("x"), locked: true }], "locked with a password"],
    ["an archive inside", [{ name: "more.zip", bytes: text("x") }], "another archive in it (more.zip)"],
    ["10 GB of zeros in 200 files", zeroFiles(200, 49_000_000), "more than 2 GB"],
    ["10 GB of zeros in one file", [{ name: "a.jpg", bytes: zeros(100), says: 10e9 }], "more than 2 GB"],
    ["more files than are looked through", zeroFiles(archives.maxEntries + 1, 1), "at most 10000"],
  ])("%s", async (_what, files, words) => {
    await expect(open(files)).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining(words) });
  });

  it("half an archive, and what is none", async () => {
    const whole = zipOf([{ name: "a.jpg", bytes: text("a") }]);
    await expect(open(whole.subarray(0, -30))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("damaged"),
    });
    await expect(open(text("no archive at all"))).rejects.toMatchObject({ message: expect.stringContaining("damaged") });
  });
});

/** Each says that it is so long; all share the data of the first. */
function zeroFiles(count: number, bytes: number): Packed[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${index}.jpg`, bytes: zeros(1000), says: bytes, overlaps: index > 0 }));
}

describe("a picture that is left out before or while it is unpacked", () => {
  it.each<[string, Packed, string]>([
    ["says that it is too large", { name: "a.jpg", bytes: zeros(100), says: 51_000_000 }, "bytes: 51 MB unpacked"],
    ["grows as no photo does", { name: "a.jpg", bytes: zeros(2_000_000) }, "bytes: 2 MB unpacked"],
    ["grows past what it says", { name: "a.jpg", bytes: zeros(60_000_000), says: 900_000 }, "broken: cannot be unpacked"],
  ])("%s", async (_what, file, words) => {
    expect((await contents([file])).found).toEqual({ "a.jpg": words });
  });

  it("is damaged", async () => {
    const bytes = zipOf([{ name: "a.jpg", bytes: text("a picture, as far as anybody knows"), stored: true }]);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    const archive = await open(bytes);
    await expect(archive.pictures[0]?.read(never)).rejects.toMatchObject({ reason: "broken", detail: "damaged in the archive" });
    archive.close();
  });
});

describe("an archive on its way to the disk", () => {
  const over = () => new Error("too large");

  it("is not kept where it is longer than it may be", async () => {
    const body = Readable.from([zeros(60), zeros(60)]);
    await expect(spool(body, { scratch: folder, limit: 100, over, signal: never })).rejects.toThrow("too large");
  });

  it("has no name there, and all its bytes", async () => {
    const file = await spool(Readable.from([text("ab"), text("cd")]), { scratch: folder, limit: 100, over, signal: never });
    expect(await readdir(folder)).toEqual([]);
    expect(readSync(file, Buffer.alloc(10), 0, 10, 0)).toBe(4);
    await closeFile(file);
  });

  it("leaves nothing when it is stopped", async () => {
    const stop = new AbortController();
    const endless = new Readable({
      read() {
        this.push(zeros(65_536));
      },
    });
    const opening = openArchive(artifactOf(zipFile(zeros(1)), 0), endless, folder, stop.signal);
    stop.abort(new Error("stop"));
    await expect(opening).rejects.toThrow("stop");
    expect(endless.destroyed).toBe(true);
  });
});
