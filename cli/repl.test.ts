/** The interactive conversation, the table of parts, and Ctrl-C. */
import { EventEmitter } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConversations } from "./conversation.ts";
import { renderStatus } from "./doctor.ts";
import { onInterrupt } from "./interrupt.ts";
import { type ReplOptions, repl } from "./repl.ts";
import { done, jobView, type ScriptedClient, scriptedClient } from "./testing/scripted-client.ts";

let folder: string;
let shown: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-"));
  shown = "";
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(client: ScriptedClient, input: NodeJS.ReadableStream, more: Partial<ReplOptions> = {}) {
  const stdout = new PassThrough();
  stdout.on("data", (piece) => {
    shown += piece;
  });
  return repl(client, { input, stdout, stderr: stdout, isTTY: false, out: folder, ...more });
}

describe("the interactive chat", () => {
  it("continues one conversation line by line, and loses no line that comes during a turn", async () => {
    const client = scriptedClient([done()], [done()], [done()]);
    const conversations = createConversations(folder);
    expect(await start(client, Readable.from(["draw a fox\nupscale that\n\n/new\nhello\n"]), { conversations })).toBe(0);
    expect(client.requests.map(({ text, conversation }) => [text, conversation])).toEqual([
      ["draw a fox", undefined],
      ["upscale that", "conv_a"],
      ["hello", undefined],
    ]);
    expect(await conversations.last()).toBe("conv_a");
  });

  it("takes files along with the first message", async () => {
    const client = scriptedClient([done()], [done()]);
    const file = join(folder, "me.png");
    await writeFile(file, "pixels");
    expect(await start(client, Readable.from(["bigger\nagain\n"]), { attach: [file] })).toBe(0);
    expect(client.requests.map((request) => request.attachments)).toEqual([["art_1"], undefined]);
    await expect(start(client, Readable.from(["x\n"]), { attach: [join(folder, "none.png")] })).rejects.toThrow("does not exist");
  });

  it("begins no conversation whose results could not be kept", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const client = scriptedClient();
    await expect(start(client, Readable.from(["draw\n"]), { out: file })).rejects.toThrow("is no folder");
    expect(client.requests).toEqual([]);
  });

  it("/help lists the studio's own commands, /quit leaves, and history is kept privately", async () => {
    const client = scriptedClient();
    const historyFile = join(folder, "history");
    expect(await start(client, Readable.from(["/help\n/quit\nnever\n"]), { historyFile })).toBe(0);
    expect(shown).toMatch(/\/render +Render pictures/);
    expect(client.requests).toEqual([]);
    expect(await readFile(historyFile, "utf8")).toBe("/help\n");
    expect((await stat(historyFile)).mode & 0o777).toBe(0o600);
  });

  it("a failure does not end it; a script hears of it by the exit code", async () => {
    const client = scriptedClient([done(jobView("job_a", "failed"))], [done()]);
    expect(await start(client, Readable.from(["/attach nothing.png\nx\ny\n"]))).toBe(1);
    expect(shown).toContain("nothing.png does not exist");
    expect(client.requests).toHaveLength(2);
  });

  it("Ctrl-C during a turn stops following only; the next line goes on in the same conversation", async () => {
    const input = new PassThrough();
    const client = scriptedClient(
      async function* () {
        yield { type: "job", job: jobView("job_a", "running") };
        setImmediate(() => input.write("\u0003"));
        await new Promise(() => undefined);
      },
      async function* () {
        yield done();
        setImmediate(() => input.write("\u0004"));
      },
    );
    input.write("draw\r");
    const running = start(client, input, { isTTY: true });
    while (!shown.includes("The job goes on")) await new Promise((resolve) => setTimeout(resolve, 10));
    input.write("and now\r");
    expect(await running).toBe(0);
    expect(client.requests[1]?.conversation).toBe("conv_a");
    expect(client.canceled).toEqual([]);
  });
});

it("the first Ctrl-C stops following, the second leaves at once", () => {
  const signals = new EventEmitter();
  const left: number[] = [];
  const { signal, dispose } = onInterrupt(signals, (code) => left.push(code));
  signals.emit("SIGINT");
  expect(signal.aborted).toBe(true);
  expect(left).toEqual([]);
  signals.emit("SIGINT");
  expect(left).toEqual([130]);
  dispose();
  expect(signals.listenerCount("SIGINT")).toBe(0);
});

it("doctor shows what is there, what is not, and what brings it, aligned and without foreign control characters", () => {
  const table = renderStatus({
    version: "0.1.0",
    pid: 7,
    data: "/data",
    url: "http://127.0.0.1:4417",
    rows: [
      { part: "database", state: "ok", what: "embedded PostgreSQL 16.14" },
      { part: "ComfyUI", state: "down", what: "does not answer\u001b[31m", fix: "python main.py --listen 127.0.0.1" },
      { part: "Redis", state: "absent", what: "not configured" },
    ],
  });
  expect(table).toBe(
    [
      "MySpinBot 0.1.0 · pid 7 · http://127.0.0.1:4417 · /data",
      "  ✓ database  embedded PostgreSQL 16.14",
      "  ✗ ComfyUI   does not answer",
      "              → python main.py --listen 127.0.0.1",
      "  – Redis     not configured",
      "",
    ].join("\n"),
  );
  expect(renderStatus({ version: "0.1.0", pid: 0, data: "/data", rows: [] })).toBe("MySpinBot 0.1.0 · /data\n");
});
