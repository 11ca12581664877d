/** The folder that the renderer reads: whole files by atomic rename, in `msb/` alone, in order by the record. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Asset } from "../core/asset.ts";
import { type Log, silentLog } from "../core/log.ts";
import type { OpenJob } from "../core/ports/job-store.ts";
import { testArtifact } from "./engines/testing/run.ts";
import { createLoraFolder, type LoraFolder } from "./lora-folder.ts";
import { keepLoras, type LoraSweepParts, sweepLoras } from "./lora-sweep.ts";

let path: string;
let folder: LoraFolder;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "spin-loras-"));
  folder = createLoraFolder(path, async () => "here");
});
afterEach(() => rm(path, { recursive: true, force: true }));

const sha = (bytes: string) => createHash("sha256").update(bytes).digest("hex");
const id = (letter: string) => `ast_${letter.repeat(16)}`;
const place = (asset: string, bytes: string, sha256 = sha(bytes)) => folder.place(asset, Readable.from([Buffer.from(bytes)]), sha256);
const there = async () => (await readdir(join(path, "msb"))).sort();

describe("placing", () => {
  it("replaces what was there, whole", async () => {
    await place(id("a"), "one");
    await place(id("a"), "two");
    expect(await readFile(join(path, `msb/${id("a")}.safetensors`), "utf8")).toBe("two");
    expect(await there()).toEqual([".studio", `${id("a")}.safetensors`]);
  });

  it("leaves what was there where the bytes are wrong or break off", async () => {
    await place(id("a"), "one");
    await expect(place(id("a"), "two", sha("three"))).rejects.toMatchObject({ code: "engine_failed" });
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from("tw");
        throw new Error("broken off");
      })(),
    );
    await expect(folder.place(id("a"), broken, sha("two"))).rejects.toThrow("broken off");
    expect(await readFile(join(path, `msb/${id("a")}.safetensors`), "utf8")).toBe("one");
    expect(await there()).toEqual([".studio", `${id("a")}.safetensors`]);
  });

  it("takes out by name alone, never a path", async () => {
    await writeFile(join(path, "own.safetensors"), "theirs");
    await folder.unplace("../own.safetensors");
    expect(await readFile(join(path, "own.safetensors"), "utf8")).toBe("theirs");
  });

  it("marks msb as its studio's before the first file, and places nothing into another's", async () => {
    const other = createLoraFolder(path, async () => "elsewhere");
    await place(id("a"), "one");
    expect(await other.claim(() => true)).toBe(false);
    const body = Readable.from([Buffer.from("two")]);
    await expect(other.place(id("b"), body, sha("two"))).rejects.toMatchObject({ code: "config" });
    expect(body.destroyed).toBe(true);
    expect(await other.problem()).toContain("another studio's");
    expect(await folder.problem()).toBeUndefined();
    expect(await there()).toEqual([".studio", `${id("a")}.safetensors`]);
    // by a process that died on it
    await writeFile(join(path, "msb", ".studio"), "");
    expect(await folder.claim((one) => one === id("a"))).toBe(true);
    expect(await other.claim(() => true)).toBe(false);
  });

  it("says what is wrong with the folder, without its path, and makes nothing", async () => {
    expect(await folder.problem()).toBeUndefined();
    await folder.check();
    expect(await readdir(path)).toEqual([]);
    await writeFile(join(path, "file"), "");
    for (const bad of [join(path, "gone", "loras2"), join(path, "file")]) {
      const words = await createLoraFolder(bad).problem();
      expect(words).toContain("MYSPINBOT_LORA_FOLDER");
      expect(words).not.toContain(path);
      await expect(createLoraFolder(bad).check()).rejects.toMatchObject({ code: "config", message: words });
    }
  });
});

describe("the sweep", () => {
  const old = new Date(Date.now() - 2 * 24 * 3_600_000);
  const asset = (letter: string, bytes: string): Asset => ({
    ...{ id: id(letter), principal: "june", kind: "lora", name: letter, job: `job_${letter.repeat(16)}`, createdAt: old, updatedAt: old },
    details: {
      ...{
        kind: "lora",
        family: "sd15",
        triggerWords: [],
        baseModel: "b",
        licence: "unknown",
        rank: 4,
        steps: 1,
        stepsAsked: 1,
        resolution: 512,
      },
      ...{ dataset: "d", pictures: 10, artifact: `art_${letter}`, sha256: sha(bytes), samples: [] },
    },
  });
  const parts = (loras: Asset[], stored: Record<string, string>, more: Partial<LoraSweepParts> = {}): LoraSweepParts => ({
    folder,
    assets: { everyLora: async () => loras },
    artifacts: {
      get: async (principal, artifact) => testArtifact(artifact, { principal, storageKey: artifact, bytes: stored[artifact]?.length ?? 0 }),
    },
    files: { open: async (key) => Readable.from([Buffer.from(stored[key] ?? "")]) },
    jobs: { open: async () => [] },
    log: silentLog,
    ...more,
  });
  const run = (...of: Parameters<typeof parts>) => sweepLoras(parts(...of));
  const open = (...letters: string[]) => ({ open: async () => letters.map((letter) => ({ id: `job_${letter.repeat(16)}` }) as OpenJob) });
  const age = (name: string) => utimes(join(path, "msb", name), old, old);

  it("places what is missing and what has another length, and leaves what is right", async () => {
    await place(id("a"), "right");
    await place(id("b"), "half");
    const loras = [asset("a", "right"), asset("b", "whole file"), asset("c", "missing")];
    expect(await run(loras, { art_a: "right", art_b: "whole file", art_c: "missing" })).toEqual({ placed: 2, removed: 0 });
    expect(await readFile(join(path, `msb/${id("b")}.safetensors`), "utf8")).toBe("whole file");
    expect(await readFile(join(path, `msb/${id("c")}.safetensors`), "utf8")).toBe("missing");
    expect(await run(loras, { art_a: "right", art_b: "whole file", art_c: "missing" })).toEqual({ placed: 0, removed: 0 });
  });

  it("one that cannot be placed does not stop the others", async () => {
    expect(await run([asset("a", "gone"), asset("b", "there")], { art_a: "other", art_b: "there" })).toEqual({ placed: 1, removed: 0 });
  });

  it("takes out at once what is nobody's; not what is being made, half-written and young, or not ours", async () => {
    for (const letter of ["a", "b", "c"]) await place(id(letter), letter);
    const part = (letter: string) => `.${id(letter)}.${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}.part`;
    for (const name of [part("d"), part("e"), "own.safetensors", "notes.txt"]) await writeFile(join(path, "msb", name), "");
    await writeFile(join(path, "outside.safetensors"), "");
    await mkdir(join(path, "msb", `${id("f")}.safetensors`));
    for (const name of [`${id("b")}.safetensors`, part("d"), "own.safetensors", "notes.txt"]) await age(name);
    const swept = await run([asset("c", "c")], { art_c: "c" }, { jobs: open("b") });
    expect(swept).toEqual({ placed: 0, removed: 2 });
    const kept = ["b", "c", "f"].map((letter) => `${id(letter)}.safetensors`);
    expect(await there()).toEqual([".studio", ...kept, part("e"), "notes.txt", "own.safetensors"].sort());
    expect(await readdir(path)).toContain("outside.safetensors");
  });

  it("leaves another studio's live files alone, whoever looks first, and says so once", async () => {
    // as they lie after the mark was lost
    await place(id("a"), "one");
    await rm(join(path, "msb", ".studio"));
    await age(`${id("a")}.safetensors`);
    const strange = createLoraFolder(path, async () => "elsewhere");
    const warned: unknown[] = [];
    let looks = 0;
    const end = keepLoras(
      parts(
        [asset("b", "b")],
        { art_b: "b" },
        {
          folder: strange,
          log: { ...silentLog, warn: (...said: unknown[]) => void warned.push(said) } as Log,
          jobs: {
            async open() {
              looks++;
              return [];
            },
          },
        },
      ),
      5,
    );
    await vi.waitFor(() => expect(looks).toBeGreaterThan(3), 10_000);
    end();
    expect(JSON.stringify(warned)).toContain("another studio's");
    expect(warned).toHaveLength(1);
    expect(await there()).toEqual([`${id("a")}.safetensors`]);
    // its own studio knows it by its files
    expect(await run([asset("a", "one")], { art_a: "one" })).toEqual({ placed: 0, removed: 0 });
    expect(await sweepLoras(parts([], {}, { folder: strange }))).toMatchObject({
      removed: 0,
      problem: expect.stringContaining("delete msb"),
    });
    expect(await run([], {})).toEqual({ placed: 0, removed: 1 });
  });

  it("looks at each file again before it goes: one may have come while others were placed", async () => {
    for (const letter of ["a", "b", "c"]) await place(id(letter), letter);
    const loras = [asset("z", "z")];
    const jobs = open();
    const swept = await run(
      loras,
      { art_z: "z", art_a: "a" },
      {
        jobs: { open: () => jobs.open() },
        files: {
          async open() {
            loras.push(asset("a", "a"));
            Object.assign(jobs, open("b"));
            return Readable.from([Buffer.from("z")]);
          },
        },
      },
    );
    expect(swept).toEqual({ placed: 1, removed: 1 });
    expect(await there()).toEqual([".studio", ...["a", "b", "z"].map((letter) => `${id(letter)}.safetensors`)]);
  });

  it("a training that begins anew between the look and the removal keeps its file", async () => {
    await place(id("a"), "a");
    let looks = 0;
    const swept = await run([], {}, { jobs: { open: async () => (++looks > 2 ? open("a").open() : []) } });
    expect([swept, looks]).toEqual([{ placed: 0, removed: 0 }, 3]);
  });

  it("a folder that is not there is told", async () => {
    folder = createLoraFolder("/proc/no-such-folder");
    expect(await run([asset("a", "x")], { art_a: "x" })).toMatchObject({
      placed: 0,
      removed: 0,
      problem: expect.stringContaining("not there"),
    });
  });
});
