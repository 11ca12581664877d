/** What `backup` and `restore` say and do with what comes of it. */
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import type { Backups, KnownBackup, MadeBackup } from "../core/ports/backup.ts";
import { backup, progressLines, size, verify } from "./backup.ts";
import { restore } from "./restore.ts";

const made: MadeBackup = { path: "/b/x.tar", bytes: 2_400_000_000, rows: 7, files: 3, damaged: [], gone: [], noted: true };
const lost = { artifact: "art_1", name: "fox\u001b[2J.png", why: "its content is not what was stored" };
const known: KnownBackup = { at: "2026-01-01T00:00:00.000Z", version: "1", bytes: 10, rows: 7, files: 3, damaged: [] };
const disk = new Failure("storage_full", "The disk of /b is full.");

/** Gives these one after another, and the last for ever. */
function scripted(outcomes: readonly (MadeBackup | Error)[], newest?: Date) {
  const controller = new AbortController();
  const said: string[] = [];
  const wrote: string[] = [];
  const pruned: number[] = [];
  let asked = 0;
  const backups: Backups = {
    async create() {
      const outcome = outcomes[Math.min(asked++, outcomes.length - 1)];
      if (asked >= outcomes.length) controller.abort();
      if (outcome instanceof Error) throw outcome;
      return outcome as MadeBackup;
    },
    newest: async () => newest,
    async prune(_folder, keep) {
      pruned.push(keep);
      return ["old"];
    },
    verify: async () => known,
    restore: async () => known,
  };
  const out = {
    stdout: { write: (text: string) => wrote.push(text) },
    say: (text: string) => void said.push(text),
    signal: controller.signal,
  };
  return { backups, out, said, wrote, pruned, controller, asked: () => asked };
}

it("once: the path alone goes to stdout, what is in it and what is secret to the person", async () => {
  const { backups, out, said, wrote, pruned } = scripted([made, made]);
  expect(await backup(backups, "/b", { keep: "7" }, out)).toBe(0);
  expect(wrote).toEqual(["/b/x.tar\n"]);
  expect(said.join("\n")).toMatch(
    /7 rows, 3 files, 2\.4 GB.*secret that signs links.*hashes of access keys.*Models, Ollama and Open WebUI are not in it/,
  );
  expect(pruned).toEqual([7]);
});

it("damaged files are named without harm to the terminal, the code is 1, and no older backup goes", async () => {
  const { backups, out, said, pruned } = scripted([
    { ...made, damaged: [lost], gone: [{ ...lost, artifact: "art_2", why: "it is not there" }] },
    made,
  ]);
  expect(await backup(backups, "/b", { keep: "1" }, out)).toBe(1);
  expect(said.join("\n")).toMatch(
    /art_2.*not there[\s\S]*1 stored files are damaged.*everything else is.*Keep older[\s\S]*art_1 \(fox\.png\): its content/,
  );
  expect(said.join("\n")).not.toContain("\u001b");
  expect(pruned).toEqual([]);
});

it("again and again: one that fails is told and tried again soon, and removes nothing", async () => {
  const { backups, out, said, pruned, asked } = scripted([disk, disk, made]);
  const began = Date.now();
  expect(await backup(backups, "/b", { every: "0.001", keep: "2" }, out)).toBe(0);
  expect(asked()).toBe(3);
  // two tenths of the period passed, and no whole one
  expect(Date.now() - began).toBeGreaterThanOrEqual(700);
  expect(said.filter((text) => /disk of \/b is full\. No older backup was removed\. Next try at 20/.test(text))).toHaveLength(2);
  expect(pruned).toEqual([2]);
});

it("a service that is started again waits for the time of the next one, and ends when it is told to", async () => {
  const { backups, out, said, asked, controller } = scripted([made], new Date(Date.now() - 3600_000));
  const running = backup(backups, "/b", { every: "24" }, out);
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  expect(await running).toBe(0);
  expect(asked()).toBe(0);
  expect(said[0]).toMatch(/every 24 hours; the next at 20/);
});

it("an interrupted one is no failure of a service, and 130 of a command", async () => {
  const cut = new Failure("canceled", "The backup was interrupted; nothing of it was kept.");
  const once = scripted([cut]);
  expect(await backup(once.backups, "/b", {}, once.out)).toBe(130);
  const service = scripted([cut]);
  expect(await backup(service.backups, "/b", { every: "1" }, service.out)).toBe(0);
});

it.each([
  [{ every: "0" }, "--every is a number from 0.001 to 8760"],
  [{ every: "daily" }, '--every is a number from 0.001 to 8760, not "daily"'],
  [{ keep: "0" }, "--keep is a whole number from 1 to 10000"],
  [{ keep: "1.5" }, "--keep is a whole number"],
  [{ keep: "" }, "--keep is a whole number"],
])("%j is refused with what is allowed", async (flags, words) => {
  const { backups, out, asked } = scripted([made, made]);
  await expect(backup(backups, "/b", flags, out)).rejects.toThrow(words);
  expect(asked()).toBe(0);
});

it("a look through one says that it is whole, and what it lacks", async () => {
  const { backups, out, said } = scripted([made]);
  expect(await verify(backups, "x", out)).toBe(0);
  expect(said.join()).toMatch(/Whole: 7 rows, 3 files, 10 bytes, of 2026-01-01/);
  expect(await verify({ verify: async () => ({ ...known, damaged: [lost] }) }, "x", out)).toBe(1);
});

function person(answer?: string) {
  const [input, output, said] = [new PassThrough(), new PassThrough(), [] as string[]];
  if (answer !== undefined) input.write(`${answer}\n`);
  return {
    out: {
      input,
      output,
      said,
      say: (text: string) => void said.push(text),
      isTTY: answer !== undefined,
      where: "/data",
      signal: new AbortController().signal,
    },
    said,
  };
}

it.each([
  ["yes", true],
  ["y", false],
  ["", false],
])("to replace a studio a person is asked; %j means %s", async (answer, goes) => {
  const replaced: unknown[] = [];
  const { out } = person(answer);
  const restoring: Pick<Backups, "restore"> = {
    async restore(_path, run) {
      replaced.push(run?.replace);
      return known;
    },
  };
  const code = await restore(restoring, "x", { replace: true }, out);
  expect([code, replaced]).toEqual(goes ? [0, [true]] : [1, []]);
});

it("where nobody can be asked --yes is needed; into an empty place nobody is asked", async () => {
  const { out, said } = person();
  const restoring = { restore: async () => known };
  await expect(restore(restoring, "x", { replace: true }, out)).rejects.toThrow("add --yes");
  expect(await restore(restoring, "x", { replace: true, yes: true }, out)).toBe(0);
  expect(await restore(restoring, "x", {}, out)).toBe(0);
  expect(said.join("\n")).toMatch(/into \/data.*[\s\S]*revoked after that moment are valid again/);
});

it("what takes long says how far it is, now and then", () => {
  let now = 0;
  const said: string[] = [];
  const tell = progressLines(
    (text) => said.push(text),
    () => now,
  );
  for (; now < 30_000; now += 100) tell({ what: "saved", bytes: now * 1e6, of: 30e9 });
  expect(said).toEqual(["Saved: 10.0 GB of 30.0 GB.", "Saved: 20.0 GB of 30.0 GB."]);
  expect([0, 999, 1000, 123_456, 5e15].map(size)).toEqual(["0 bytes", "999 bytes", "1.0 kB", "123 kB", "5000 TB"]);
});
