import { chmod, mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../core/log.ts";
import { testRun } from "../testing/run.ts";
import { createRecordings } from "./recordings.ts";
import { adapterFor, closeAll, fakeOf, folderOf, line, pair, recording, until } from "./testing/setup.ts";

afterEach(closeAll);

const never = new AbortController().signal;
const none = () => {};

describe("the state of GPT-SoVITS", () => {
  it("is ready where api_v2.py answers, asked by what changes nothing", async () => {
    const { status, fake } = await pair();
    expect(await status()).toMatchObject({ id: "gpt-sovits", state: "ready", url: fake.url });
    expect(fake.paths).toEqual(["GET /openapi.json"]);
  });

  it("is ready, and says why it is silent, while it speaks", async () => {
    const { status, say, fake } = await pair({ lineMs: 1_500 }, { configured: false, timings: { status: 50 } });
    const speaking = say([line()], testRun(), none);
    await until("it speaks", () => fake.asked.length === 1);
    expect(await status()).toMatchObject({ state: "ready", note: expect.stringContaining("speaks") });
    await speaking;
  });

  it.each([
    ["absent, with the command that starts it, where it never answered", {}, "absent"],
    ["down where the person named it", { configured: true }, "down"],
    ["down where it answered once", { seen: async () => true }, "down"],
  ] as const)("is %s", async (_what, options, state) => {
    const gone = await fakeOf();
    await gone.close();
    const { status } = await adapterFor(gone.url, { configured: false, ...options });
    expect(await status()).toMatchObject({ state, fix: expect.stringMatching(/python api_v2\.py .*GPT_SOVITS_URL/) });
  });

  it("is not ready where another program answers", async () => {
    const other = createServer((_request, response) => response.end("{}"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { status } = await adapterFor(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
    expect(await status()).toMatchObject({ state: "down", note: expect.stringContaining("not GPT-SoVITS") });
    other.close();
  });

  it("says what is wrong with the folder", async () => {
    const { status } = await pair({}, { folder: join(tmpdir(), "msb-there-is-none") });
    expect(await status()).toMatchObject({ state: "ready", note: expect.stringMatching(/GPT_SOVITS_FOLDER is not there/) });
  });
});

describe("the folder of recordings", () => {
  const recordings = (url: string, folder?: string) => createRecordings({ url, log: silentLog, ...(folder ? { folder } : {}) });

  it("must be named where GPT-SoVITS runs on another machine, and not on this one", async () => {
    expect(await recordings("http://card.example:9880").problem()).toMatch(/Set GPT_SOVITS_FOLDER/);
    await expect(recordings("http://card.example:9880").place(recording())).rejects.toMatchObject({ code: "config" });
    const { path, remove } = await recordings("http://127.0.0.1:9880").place(recording());
    expect(path).toMatch(/msb-[0-9a-f]{32}-[0-9a-f]{8}\.wav$/);
    await remove();
  });

  it("shows no half-written file, and loses what a process left behind, but nothing of the person's", async () => {
    const folder = await folderOf();
    const old = `msb-${"0".repeat(32)}-00000000`;
    const kept = [`msb-${"1".repeat(32)}-11111111.wav`, "mine.wav", "msb-mine.wav"];
    for (const name of [`${old}.wav`, `${old}.part`, ...kept]) await writeFile(join(folder, name), "x");
    const long = new Date(Date.now() - 48 * 3_600_000);
    for (const name of [`${old}.wav`, `${old}.part`, "mine.wav", "msb-mine.wav"]) await utimes(join(folder, name), long, long);
    const { remove } = await recordings("http://127.0.0.1:9880", folder).place(recording());
    expect(await readdir(folder)).toHaveLength(4);
    await remove();
    expect((await readdir(folder)).sort()).toEqual(kept.sort());
  });

  it("tells whoever cannot write there", async () => {
    const folder = join(await folderOf(), "closed");
    await mkdir(folder);
    await chmod(folder, 0o555);
    const problem = await recordings("http://127.0.0.1:9880", folder).problem();
    // root writes everywhere
    if (process.getuid?.() !== 0) expect(problem).toMatch(/cannot be written/);
    await rm(folder, { recursive: true });
    expect(await recordings("http://127.0.0.1:9880", folder).problem()).toMatch(/is not there/);
  });
});

describe("giving the card back", () => {
  it("is refused with the setting that allows it, and nothing is ended", async () => {
    const { release, fake } = await pair();
    await expect(release(never)).rejects.toMatchObject({ code: "engine_failed", message: expect.stringContaining("GPT_SOVITS_EXIT=yes") });
    expect(fake.exited).toBe(false);
  });

  it("ends it where that is allowed, and waits until its port is closed", async () => {
    const { release, fake, status } = await pair({}, { mayExit: true });
    await release(never);
    expect(fake.exited).toBe(true);
    expect(await status()).toMatchObject({ state: "down" });
  });

  it("waits for the line that it speaks first", async () => {
    const { release, say, fake } = await pair({ lineMs: 200 }, { mayExit: true });
    const speaking = say([line()], testRun(), none);
    await until("it speaks", () => fake.asked.length === 1);
    await release(never);
    expect(await speaking).toHaveLength(1);
  });

  it("is done where nothing runs", async () => {
    const gone = await fakeOf();
    await gone.close();
    await (await adapterFor(gone.url)).release(never);
  });

  it("tells no other program to exit", async () => {
    const heard: string[] = [];
    const other = createServer((request, response) => {
      heard.push(request.url ?? "");
      response.end("{}");
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { release } = await adapterFor(`http://127.0.0.1:${(other.address() as AddressInfo).port}`, { mayExit: true });
    await release(never);
    expect(heard.every((url) => url === "/openapi.json")).toBe(true);
    other.close();
  });
});
