/** What every file store must do; run against the folder, the test S3 server, and by hand against a real MinIO. */
import { createHash, randomBytes } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FileStore } from "../../../core/ports/files.ts";
import { brokenSources } from "./broken-sources.ts";
import { digest, pieces, type Subject } from "./subject.ts";

export function fileStoreContract(name: string, make: () => Promise<Subject>): void {
  describe(`file store contract: ${name}`, () => {
    let subject: Subject;
    let files: FileStore;
    const list = async (prefix: string) => {
      const found: { key: string; bytes: number; modifiedAt: Date }[] = [];
      for await (const entry of files.list(prefix)) found.push(entry);
      return found;
    };
    beforeAll(async () => {
      subject = await make();
      files = subject.files;
    });
    afterAll(() => subject.stop());

    it.each([
      ["nothing", 0],
      ["one byte", 1],
      ["a picture", 700_001],
      ["exactly one part", 8 << 20],
      ["more than one part", (8 << 20) + 1],
      ["exactly two parts", 16 << 20],
    ])("stores a stream of unknown length: %s", async (_what, size) => {
      const bytes = randomBytes(size);
      const key = `jobs/unknown-length/${size}.bin`;
      expect(await files.put(key, pieces(bytes), { mediaType: "image/png" })).toEqual({ bytes: size, sha256: digest(bytes) });
      expect(await files.stat(key)).toEqual({ bytes: size });
      expect(digest(await buffer(await files.open(key)))).toBe(digest(bytes));
    });

    it("stores bytes that are a view into a larger buffer", async () => {
      const whole = new Uint8Array(randomBytes(1000));
      const view = whole.subarray(100, 200);
      expect(await files.put("views/a", view)).toEqual({ bytes: 100, sha256: digest(view) });
      expect(digest(await buffer(await files.open("views/a")))).toBe(digest(view));
    });

    it("stores 160 MB without holding them", async () => {
      const piece = randomBytes(1 << 20);
      const before = process.memoryUsage().arrayBuffers;
      let peak = 0;
      const expected = createHash("sha256");
      const source = Readable.from(
        (function* () {
          for (let n = 0; n < 160; n += 1) {
            const chunk = Buffer.from(piece);
            chunk.writeUInt32BE(n);
            expected.update(chunk);
            peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
            yield chunk;
          }
        })(),
        { objectMode: false },
      );
      const stored = await files.put("large/a.bin", source);
      const hash = createHash("sha256");
      for await (const chunk of await files.open("large/a.bin")) {
        hash.update(chunk as Buffer);
        peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      }
      expect(stored).toEqual({ bytes: 160 << 20, sha256: expected.digest("hex") });
      expect(hash.digest("hex")).toBe(stored.sha256);
      expect(peak).toBeLessThan(110 << 20);
      await files.remove("large/a.bin");
    });

    it.each([
      ["small", 1000],
      ["in parts", 20 << 20],
    ])("is never seen half written: %s", async (what, size) => {
      const key = `half/${what.replace(" ", "-")}`;
      const source = new PassThrough();
      const done = files.put(key, source);
      const bytes = randomBytes(size);
      for (let at = 0; at < size; at += 1 << 20) {
        if (!source.write(bytes.subarray(at, at + (1 << 20)))) await new Promise((drained) => source.once("drain", drained));
        expect(await files.stat(key)).toBeUndefined();
        expect(await list("half/")).not.toContainEqual(expect.objectContaining({ key }));
      }
      source.end();
      expect((await done).sha256).toBe(digest(bytes));
      expect(await files.stat(key)).toEqual({ bytes: size });
    });

    brokenSources(() => subject);

    it("overwrites as a whole: readers see the old or the new, and a broken write keeps the old", async () => {
      const key = "over/write.bin";
      const versions = [0, 1, 2, 3, 4, 5].map((n) => Buffer.alloc(300_000 + n, n));
      const known = new Set(versions.map(digest));
      await files.put(key, versions[0] as Buffer);
      let writing = true;
      const writes = (async () => {
        for (const version of versions.slice(1)) await files.put(key, pieces(version));
      })().finally(() => {
        writing = false;
      });
      for (let reads = 0; writing || reads < 5; reads += 1) {
        expect(known.has(digest(await buffer(await files.open(key))))).toBe(true);
      }
      await writes;
      await expect(
        files.put(
          key,
          Readable.from([Buffer.from("x")]).map(() => Promise.reject(new Error("broken"))),
        ),
      ).rejects.toThrow("broken");
      expect(digest(await buffer(await files.open(key)))).toBe(digest(versions[5] as Buffer));
    });

    it("two writes of one key at once: one of them wins as a whole", async () => {
      const [one, two] = [Buffer.alloc(18 << 20, 1), Buffer.alloc(19 << 20, 2)];
      await Promise.all([files.put("race/a", pieces(one, 1 << 20)), files.put("race/a", pieces(two, 1 << 20))]);
      expect([digest(one), digest(two)]).toContain(digest(await buffer(await files.open("race/a"))));
      expect(await subject.leftovers()).toBe(0);
    });

    it("parts that are all alike are stored all the same", async () => {
      const bytes = Buffer.alloc((24 << 20) + 5);
      const stored = await files.put("alike/zeros", pieces(bytes, 1 << 20));
      expect(stored).toEqual({ bytes: bytes.length, sha256: digest(bytes) });
      expect(digest(await buffer(await files.open("alike/zeros")))).toBe(stored.sha256);
    });

    it.each([
      "",
      "/",
      "/etc/passwd",
      "../a",
      "a/../b",
      "a//b",
      "a/",
      "./a",
      "a/.",
      ".hidden",
      "a/.hidden",
      "A",
      "a b",
      "a\\b",
      "a\0b",
      "ä",
      "a?b",
      "a%2fb",
    ])("refuses the key %j", async (key) => {
      await expect(files.put(key, randomBytes(1))).rejects.toThrow("not a storage key");
      await expect(files.open(key)).rejects.toThrow("not a storage key");
      await expect(files.stat(key)).rejects.toThrow("not a storage key");
      await expect(files.remove(key)).rejects.toThrow("not a storage key");
      if (key !== "" && !/^[a-z]\/$/.test(key)) await expect(list(key)).rejects.toThrow("not a storage key");
    });

    it("opens a range, both ends included", async () => {
      const bytes = randomBytes((9 << 20) + 10);
      await files.put("ranges/a", pieces(bytes));
      for (const [start, end] of [
        [0, 0],
        [5, 9],
        [(8 << 20) - 3, (8 << 20) + 3],
        [bytes.length - 4, bytes.length - 1],
      ] as const) {
        expect(await buffer(await files.open("ranges/a", { start, end }))).toEqual(bytes.subarray(start, end + 1));
      }
      const tail = await buffer(await files.open("ranges/a", { start: bytes.length - 4, end: bytes.length + 99 }));
      expect(tail).toEqual(bytes.subarray(-4));
    });

    it.each([
      { start: 10, end: 20 },
      { start: -1, end: 2 },
      { start: 3, end: 2 },
      { start: 0.5, end: 2 },
    ])("refuses the range %j of 10 bytes", async (range) => {
      await files.put("ranges/ten", randomBytes(10));
      await expect(files.open("ranges/ten", range)).rejects.toMatchObject({ code: "invalid_input" });
    });

    it("names a file that is missing, also where a folder has its name", async () => {
      await files.put("missing/folder/a", randomBytes(1));
      for (const key of ["missing/b", "missing/folder", "missing/folder/a/b"]) {
        await expect(files.open(key)).rejects.toMatchObject({ name: "Failure", code: "unknown_artifact" });
        expect(await files.stat(key)).toBeUndefined();
        await files.remove(key);
      }
      expect(await files.stat("missing/folder/a")).toEqual({ bytes: 1 });
    });

    it("removes, twice without complaint", async () => {
      await files.put("removed/x/y/a", randomBytes(1));
      await files.remove("removed/x/y/a");
      await files.remove("removed/x/y/a");
      expect(await files.stat("removed/x/y/a")).toBeUndefined();
      expect(await list("removed/")).toEqual([]);
      await files.put("removed/x", randomBytes(2));
      expect(await files.stat("removed/x")).toEqual({ bytes: 2 });
    });

    it("lists by prefix, in the order of the keys, with sizes and times", async () => {
      const keys = ["list/a", "list/a-b/c", "list/a.b", "list/a/b", "list/a0", "list/b/c/d", "listless"];
      // a folder cannot hold `list/a` and `list/a/b`; the store's own layout never asks for both
      const stored = keys.filter((key) => key !== "list/a");
      for (const [n, key] of stored.entries()) await files.put(key, randomBytes(n));
      expect((await list("list/")).map((entry) => entry.key)).toEqual(["list/a-b/c", "list/a.b", "list/a/b", "list/a0", "list/b/c/d"]);
      expect((await list("list/a")).map((entry) => entry.key)).toEqual(["list/a-b/c", "list/a.b", "list/a/b", "list/a0"]);
      expect((await list("list/b/c")).map((entry) => entry.key)).toEqual(["list/b/c/d"]);
      expect((await list("list")).map((entry) => entry.key)).toContain("listless");
      expect(await list("nothing/here")).toEqual([]);
      const [first] = await list("list/a.b");
      expect(first?.bytes).toBe(1);
      expect(Math.abs(Date.now() - (first?.modifiedAt.getTime() ?? 0))).toBeLessThan(120_000);
    });

    it("a reader that leaves early disturbs nobody", async () => {
      await files.put("early/a", randomBytes(9 << 20));
      const reader = await files.open("early/a");
      for await (const _chunk of reader) break;
      expect(reader.destroyed).toBe(true);
      expect((await buffer(await files.open("early/a"))).length).toBe(9 << 20);
    });

    it("check leaves nothing behind", async () => {
      await files.check();
      expect(await list("checks/")).toEqual([]);
      expect(await subject.leftovers()).toBe(0);
    });
  });
}
