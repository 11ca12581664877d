/** One turn on the command line: what is shown, what is saved, how it ends. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Part } from "../core/chat.ts";
import { Failure } from "../core/failure.ts";
import { type ChatOptions, chatOnce } from "./chat.ts";
import { createConversations } from "./conversation.ts";
import { artifactView, done, jobView, type ScriptedClient, scriptedClient } from "./testing/scripted-client.ts";

let folder: string;
let out: string;
let stdout: string;
let stderr: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-"));
  out = join(folder, "out");
  stdout = "";
  stderr = "";
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function chat(client: ScriptedClient, text: string, more: Partial<ChatOptions> = {}): Promise<number> {
  return chatOnce(client, text, {
    out,
    isTTY: false,
    stdout: {
      write: (piece) => {
        stdout += piece;
      },
      columns: 60,
    },
    stderr: {
      write: (piece) => {
        stderr += piece;
      },
    },
    ...more,
  });
}

const running = (fraction: number, step?: number): Part => ({
  type: "progress",
  job: "job_a",
  progress: { stage: "sampling", fraction, ...(step ? { step, steps: 20 } : {}) },
});

describe("progress", () => {
  it("in a log: position, then rising values, one a step of ten percent or a new stage", async () => {
    const client = scriptedClient([
      { type: "text", text: "Drawing " },
      { type: "text", text: "a fox." },
      { type: "job", job: jobView("job_a", "queued", { attempt: 0, position: 3, eta_seconds: [20, 200] }) },
      { type: "job", job: jobView("job_a", "queued", { attempt: 0, position: 1 }) },
      { type: "job", job: jobView("job_a", "running") },
      { type: "progress", job: "job_a", progress: { stage: "loading", fraction: 0.02 } },
      ...Array.from({ length: 50 }, (_, index) => running(index / 50, index + 1)),
      running(0.4),
      { type: "job", job: jobView("job_a", "succeeded") },
      done(jobView("job_a", "succeeded")),
    ]);
    expect(await chat(client, "draw a fox")).toBe(0);
    expect(stdout).toContain("Drawing a fox.\n");
    expect(stdout).toMatch(/number 3 in line, about 20 s to 3 min[\s\S]*waiting: next in line/);
    const percents = [...stdout.matchAll(/^ +(\d+) % /gm)].map((match) => Number(match[1]));
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.length).toBeGreaterThanOrEqual(9);
    expect(percents.length).toBeLessThanOrEqual(13);
    expect(percents.at(-1)).toBe(100);
    expect(stdout).toMatch(/loading model[\s\S]*sampling/);
    expect(stdout).not.toContain("\u001b");
  });

  it("what the answer says of a job is not said again, and leaves no empty line", async () => {
    const queued = (position: number) => jobView("job_a", "queued", { attempt: 0, position });
    const script: Part[] = [
      { type: "text", text: "Job job_a (a fox) is queued, number 2 in line." },
      { type: "job", job: queued(2) },
      { type: "text", text: "\nPlanned by rules." },
      { type: "job", job: queued(1) },
      { type: "job", job: jobView("job_a", "running") },
      running(0.5, 10),
      { type: "job", job: jobView("job_a", "succeeded", { title: "a fox" }) },
      done(jobView("job_a", "succeeded")),
    ];
    await chat(scriptedClient(script), "x");
    const lines = ["New conversation", "Job job_a (a fox) is queued, number 2 in line.", "Planned by rules."];
    expect(stdout.split("\n")).toEqual([...lines, "  waiting: next in line", "   50 % sampling 10/20", "  100 % done: a fox", ""]);
    stdout = "";
    await chat(scriptedClient(script), "x", { isTTY: true });
    const kept = stdout.split("\r\u001b[2K").filter((piece) => piece.includes("\n"));
    expect(kept.join("").split("\n")).toEqual([...lines, "  100 % done: a fox", ""]);
  });

  it("empty lines within an answer stay", async () => {
    await chat(scriptedClient([{ type: "text", text: "One.\n" }, { type: "text", text: "\nTwo.\n" }, done()]), "x");
    expect(stdout).toBe("New conversation\nOne.\n\nTwo.\n");
  });

  it("the time that is left is never nothing", async () => {
    const client = scriptedClient([{ ...running(0.5), seconds: [0.2, 1] } as Part, done()]);
    await chat(client, "x", { isTTY: true });
    expect(stdout).toContain("about 1 s");
    expect(stdout).not.toContain("0 s");
  });

  it("another attempt may start from nothing again", async () => {
    const client = scriptedClient([
      { type: "job", job: jobView("job_a", "running", { attempt: 1 }) },
      running(0.8),
      { type: "job", job: jobView("job_a", "running", { attempt: 2 }) },
      running(0.1),
      done(jobView("job_a", "succeeded")),
    ]);
    await chat(client, "x");
    expect([...stdout.matchAll(/^ +(\d+) %/gm)].map((match) => match[1])).toEqual(["80", "10"]);
  });

  it("on a terminal: one line that is rewritten, never wider than the terminal", async () => {
    const client = scriptedClient([
      { type: "job", job: jobView("job_a", "running", { title: "t".repeat(300) }) },
      running(0.25, 5),
      running(0.5, 10),
      { type: "text", text: "half" },
      done(jobView("job_a", "succeeded")),
    ]);
    await chat(client, "x", { isTTY: true });
    const shown = stdout.split("\r\u001b[2K").filter((piece) => piece.includes("%"));
    expect(shown).toHaveLength(2);
    for (const line of shown) expect([...line].length).toBeLessThan(60);
    expect(shown[1]).toContain("50 %");
    expect(stdout).toContain("\r\u001b[2Khalf");
  });
});

describe("results", () => {
  it("are saved under their own names, whole, beside what is there, and named on lines of their own", async () => {
    const artifact = artifactView("art_1", "fox.png", "new fox", { preview: true });
    const parts: Part[] = [
      { type: "artifact", job: "job_a", artifact },
      { type: "artifact", job: "job_a", artifact },
      { type: "artifact", job: "job_a", artifact: artifactView("art_2", "fox.png", "second fox") },
      done(jobView("job_a", "succeeded")),
    ];
    const client = scriptedClient(parts, parts);
    client.files.set("art_1", "new fox").set("art_2", "second fox");
    await mkdir(out);
    await writeFile(join(out, "fox.png"), "precious");
    expect(await chat(client, "x")).toBe(0);
    expect(await readdir(out)).toEqual(["fox-2.png", "fox-3.png", "fox.png"]);
    expect(await readFile(join(out, "fox.png"), "utf8")).toBe("precious");
    expect(await readFile(join(out, "fox-2.png"), "utf8")).toBe("new fox");
    expect(stdout.split("\n")).toEqual(expect.arrayContaining([join(out, "fox-2.png"), join(out, "fox-3.png")]));
    expect(stdout).toContain("PREVIEW");
    stdout = "";
    expect(await chat(client, "the same again")).toBe(0);
    expect(await readdir(out)).toHaveLength(3);
    expect(stdout).toContain(join(out, "fox-2.png"));
  });

  it("a damaged one is thrown away and told", async () => {
    const client = scriptedClient([
      { type: "artifact", job: "job_a", artifact: artifactView("art_1", "fox.png", "whole") },
      done(jobView("job_a", "succeeded")),
    ]);
    client.files.set("art_1", "who");
    expect(await chat(client, "x")).toBe(1);
    expect(stderr).toContain("arrived damaged");
    expect(await readdir(out)).toEqual([]);
  });

  it.each([
    ["../../etc/passwd", "passwd"],
    ["/absolute.png", "absolute.png"],
    ["..", "file"],
    [".bashrc", "bashrc"],
    ["a\u001b[31m\nb\u0007.png", "a b.png"],
    ["c:\\windows\\x.png", "x.png"],
    [`${"ü".repeat(300)}.png`, `${"ü".repeat(98)}.png`],
    ["\u202egnp.exe", "gnp.exe"],
  ])("a file that calls itself %j stays in the folder", async (name, saved) => {
    const client = scriptedClient([
      { type: "artifact", job: "job_a", artifact: artifactView("art_1", name, "x") },
      done(jobView("job_a", "succeeded")),
    ]);
    client.files.set("art_1", "x");
    expect(await chat(client, "x")).toBe(0);
    expect(await readdir(out)).toEqual([saved]);
  });

  it("a folder that is a file is named", async () => {
    await writeFile(out, "");
    const client = scriptedClient();
    expect(await chat(client, "x")).toBe(1);
    expect(stderr).toContain(`${out} is no folder. Choose another one with --out.`);
    expect(await chat(client, "x", { out: join(out, "below") })).toBe(1);
    // the card has not worked for nothing
    expect(client.requests).toEqual([]);
  });
});

describe("ends", () => {
  const failed = { code: "out_of_memory", message: "The card is full.\u001b]0;owned\u0007 Use a smaller size.", retryable: true } as const;

  it("a failed job: its cause and remedy once, on stderr, and a code that is not 0", async () => {
    const job = jobView("job_a", "failed", { error: failed });
    const client = scriptedClient([{ type: "job", job }, { type: "error", job: "job_a", error: failed }, done(job)]);
    expect(await chat(client, "x")).toBe(1);
    expect(stderr).toBe("error: The card is full. Use a smaller size. (trying again may help)\n");
  });

  it.each([
    ["a canceled job", [done(jobView("job_a", "canceled"))]],
    ["an error part", [{ type: "error", error: failed }, done()]],
    ["no end at all", [{ type: "text", text: "hm" }]],
    [
      "a refusal by the server",
      () => {
        throw new Failure("unknown_conversation", "There is no such conversation.");
      },
    ],
  ] as [string, Part[]][])("%s: code 1", async (_, script) => {
    expect(await chat(scriptedClient(script), "x")).toBe(1);
  });

  it("a refused request: each bad field once, and nothing is said to go on", async () => {
    const client = scriptedClient(() => {
      const fields = [
        { path: "conversation", message: "letters only" },
        { path: "text", message: "too long" },
      ];
      throw new Failure("invalid_input", "The request does not fit. conversation: letters only.", { fields });
    });
    expect(await chat(client, "x")).toBe(1);
    expect(stderr).toBe("error: The request does not fit. conversation: letters only.\n  text: too long\n");
  });

  it("a connection that breaks off: what was asked for goes on", async () => {
    const client = scriptedClient(() => {
      throw new Failure("not_running", "The connection broke off.");
    });
    expect(await chat(client, "x")).toBe(1);
    expect(stderr).toContain("What was already asked for goes on.");
  });

  it("nothing to say is refused without a turn", async () => {
    const client = scriptedClient();
    expect(await chat(client, " \n")).toBe(1);
    expect(client.requests).toEqual([]);
  });

  it("Ctrl-C stops following, cancels nothing, and says how to go on; a source that does not listen is left", async () => {
    const stop = new AbortController();
    const client = scriptedClient(async function* () {
      yield { type: "job", job: jobView("job_a", "running") };
      setImmediate(() => stop.abort());
      await new Promise(() => undefined);
    });
    expect(await chat(client, "x", { signal: stop.signal })).toBe(130);
    expect(client.canceled).toEqual([]);
    expect(stderr).toContain("The job goes on. Follow it with: myspinbot chat '/wait job_a'");
    expect(stderr).toContain("/cancel job_a");
  });

  it("Ctrl-C right behind the words that name an accepted job: it is named in the farewell too", async () => {
    const stop = new AbortController();
    const client = scriptedClient(async function* () {
      yield { type: "text", text: "Job job_jwb87mj84hfwrjy8 (Render: a fox) is queued, next in line.\n" };
      setImmediate(() => stop.abort());
      await new Promise(() => undefined);
    });
    expect(await chat(client, "x", { signal: stop.signal })).toBe(130);
    expect(stderr).toContain("myspinbot chat '/wait job_jwb87mj84hfwrjy8'");
  });
});

describe("conversation", () => {
  it("is continued for 12 hours, unless a new or another one is wanted", async () => {
    let now = 1_000_000;
    const conversations = createConversations(folder, () => now);
    const client = scriptedClient(...Array.from({ length: 5 }, () => [done()]));
    const turn = (more: Partial<ChatOptions> = {}) => chat(client, "x", { conversations, ...more });
    await turn();
    now += 11 * 3_600_000;
    await turn();
    expect(stdout).toContain("Conversation conv_a (--new starts another one)");
    await turn({ fresh: true });
    await turn({ conversation: "conv_b" });
    now += 12 * 3_600_000;
    await turn();
    expect(client.requests.map((request) => request.conversation)).toEqual([undefined, "conv_a", undefined, "conv_b", undefined]);
    await writeFile(join(folder, "conversation.json"), "{");
    expect(await conversations.last()).toBeUndefined();
  });
});

describe("attachments", () => {
  it("are uploaded first and named in the turn", async () => {
    await writeFile(join(folder, "me.png"), "pixels");
    const client = scriptedClient([done()]);
    expect(await chat(client, "upscale this", { attach: [join(folder, "me.png")] })).toBe(0);
    expect(client.uploads).toEqual([{ name: "me.png", content: "pixels", bytes: 6 }]);
    expect(client.requests[0]?.attachments).toEqual(["art_1"]);
  });

  it.each([
    ["missing.png", "does not exist"],
    [".", "is no file"],
  ])("%s: no turn is made", async (name, words) => {
    const client = scriptedClient();
    expect(await chat(client, "x", { attach: [join(folder, name)] })).toBe(1);
    expect(stderr).toContain(words);
    expect(client.requests).toEqual([]);
  });
});

it("no control character of anybody reaches the terminal", async () => {
  const nasty = "\u001b[2J\u001b]0;title\u0007\u009b31m\rover\u0008\u202e";
  const client = scriptedClient([
    { type: "text", text: `a${nasty}b\u001b` },
    { type: "text", text: "[31mc\n\ttab" },
    { type: "job", job: jobView("job_a", "queued", { title: nasty, position: 1 }) },
    { type: "progress", job: "job_a", progress: { stage: "waiting", fraction: 0, note: nasty } },
    { type: "question", id: "q", text: nasty, plan: {} },
    { type: "error", error: { code: "internal", message: nasty, retryable: false } },
    done(),
  ]);
  await chat(client, "x");
  const foreign = [...(stdout + stderr)].filter((one) => /(?![\t\n])\p{Cc}|\u202e/u.test(one));
  expect(foreign).toEqual([]);
  expect(stdout).toContain("c\n\ttab");
});

it("--json gives every part and every saved path as one object a line", async () => {
  const parts: Part[] = [
    { type: "text", text: "a\u009bb" },
    { type: "artifact", job: "job_a", artifact: artifactView("art_1", "fox.png", "x") },
    done(jobView("job_a", "succeeded")),
  ];
  const client = scriptedClient(parts);
  client.files.set("art_1", "x");
  expect(await chat(client, "x", { json: true, isTTY: true })).toBe(0);
  const objects = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Part);
  expect(objects).toEqual([parts[0], parts[1], { type: "saved", artifact: "art_1", path: join(out, "fox.png") }, parts[2]]);
  expect(stdout).not.toContain("\u009b");
});
