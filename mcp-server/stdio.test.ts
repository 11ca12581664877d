/** MCP over a real child process: every client, both eras, and nothing but the protocol on its standard output. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../core/failure.ts";
import { localPrincipal } from "../core/principal.ts";
import { studioDoor } from "./door.ts";
import { serveStdio } from "./stdio.ts";
import { connectStdio, kinds, type Result, type TestClient } from "./testing/clients.ts";
import { scriptedStudio } from "./testing/scripted-studio.ts";

const patience = { timeout: 30_000, interval: 20 };
const main = (name: string) => ["--import", "tsx", fileURLToPath(new URL(`./testing/${name}`, import.meta.url))];
const jobOf = (result: Result) =>
  result.structuredContent?.["job"] as { id: string; state: string; artifacts: { uri: string; sha256: string }[] };
const line = (message: object) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
const initialize = line({
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
});

describe.each(kinds)("%s over stdio", (kind) => {
  let client: TestClient | undefined;
  afterEach(() => client?.close());

  it("lists, makes a picture, waits with progress and fetches it from a process that is noisy", async () => {
    client = await connectStdio(kind, { command: process.execPath, args: main("stdio-main.ts") });
    if (kind !== "v1") expect(client.protocol()).toBe(kind === "v2 modern" ? "2026-07-28" : "2025-11-25");
    expect((await client.tools()).map((tool) => tool.name)).toContain("render_image");
    const { id } = jobOf(await client.call("render_image", { prompt: "a red fox" }));
    const seen: number[] = [];
    const done = await client.call("wait_for_job", { job_id: id }, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(0);
    expect(jobOf(done).state).toBe("succeeded");
    expect(done.content.map((block) => block.type)).toEqual(["text", "resource_link", "image"]);
    const [artifact] = jobOf(done).artifacts;
    const [file, about] = await client.read(artifact?.uri ?? "");
    expect(Buffer.from(file?.blob ?? "", "base64").toString()).toBe("a picture");
    expect(JSON.parse(about?.text ?? "{}")).toMatchObject({ sha256: artifact?.sha256 });
    const wrong = await client.call("render_image", { prompt: 7 });
    expect(wrong.isError).toBe(true);
    await expect(client.call("nothing")).rejects.toMatchObject({ code: -32602 });
  });
});

describe("the process", () => {
  const children: ChildProcessWithoutNullStreams[] = [];
  const start = (name: string, env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, main(name), { env: { ...process.env, ...env } });
    children.push(child);
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const heard = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => (heard.out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (heard.err += chunk.toString()));
    return { child, ended, heard };
  };
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  it("writes nothing but JSON-RPC, whatever prints, and goes on after a line that is none", async () => {
    const { child, ended, heard } = start("stdio-main.ts", { RUN_MS: "60000" });
    child.stdin.write(initialize);
    child.stdin.write("{nope\n\nhello\n");
    child.stdin.write(line({ no: "method" }));
    child.stdin.write(line({ id: 2, method: "tools/call", params: { name: "render_image", arguments: { prompt: "x" } } }));
    await vi.waitFor(() => expect(heard.out).toContain('"id":2'), patience);
    for (const noise of ["console.log", "console.info", "process.stdout"])
      await vi.waitFor(() => expect(heard.err).toContain(`noise from ${noise}`), patience);
    expect(heard.err).toContain("noise in a call");
    child.stdin.end();
    expect(await ended).toBe(0);
    const lines = heard.out.trim().split("\n");
    expect(lines).toHaveLength(2);
    for (const entry of lines) expect(JSON.parse(entry)).toMatchObject({ jsonrpc: "2.0" });
    expect(heard.err).toContain("noise after the end");
  });

  it("ends with its client, in the middle of a wait as well", async () => {
    const { child, ended, heard } = start("stdio-main.ts", { RUN_MS: "60000" });
    child.stdin.write(initialize);
    child.stdin.write(line({ id: 2, method: "tools/call", params: { name: "render_image", arguments: { prompt: "x" } } }));
    await vi.waitFor(() => expect(heard.out).toContain('"id":2'), patience);
    const [id] = /job_[0-9a-z]{16}/.exec(heard.out) ?? [];
    const wait = { name: "wait_for_job", arguments: { job_id: id, timeout_s: 50 }, _meta: { progressToken: 1 } };
    child.stdin.write(line({ id: 3, method: "tools/call", params: wait }));
    await vi.waitFor(() => expect(heard.out).toContain("notifications/progress"), patience);
    child.stdin.end();
    expect(await ended).toBe(0);
    expect(heard.out).not.toContain('"id":3');
  });

  it("ends when nobody reads it any more", async () => {
    const { child, ended, heard } = start("stdio-main.ts");
    child.stdin.write(initialize);
    await vi.waitFor(() => expect(heard.out).toContain('"id":1'), patience);
    child.stdout.destroy();
    child.stdin.on("error", () => {});
    child.stdin.write(line({ id: 2, method: "tools/list" }));
    expect(await ended).toBe(0);
  });

  it("loads no database, agent, engine or server code", async () => {
    const folder = await mkdtemp(join(tmpdir(), "myspinbot-loaded-"));
    try {
      const { child, ended, heard } = start("bare-stdio-main.ts", { LOADED: join(folder, "modules") });
      child.stdin.write(initialize);
      await vi.waitFor(() => expect(heard.out).toContain('"id":1'), patience);
      child.stdin.end();
      expect(await ended).toBe(0);
      const loaded = (await readFile(join(folder, "modules"), "utf8")).trim().split("\n");
      const root = new URL("../", import.meta.url).href;
      const ours = loaded.filter((url) => url.startsWith(root) && !url.includes("/node_modules/")).map((url) => url.slice(root.length));
      const packages = loaded.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
      expect(ours).toContain("mcp-server/create-server.ts");
      expect(ours.filter((path) => !/^(mcp-server|core)\//.test(path))).toEqual([]);
      expect(ours.filter((path) => /studio|submit|ports/.test(path))).toEqual([]);
      expect(
        [...new Set(packages)].filter(
          (name) => !/^(@modelcontextprotocol\/(server|core)|zod|ajv.*|fast-.*|json-schema-.*|tsx)$/.test(name),
        ),
      ).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("serveStdio on given streams", () => {
  it("links to where the studio is now, not to where it was at first", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let said = "";
    output.on("data", (chunk: Buffer) => (said += chunk.toString()));
    let origin = "http://127.0.0.1:1111";
    const door = studioDoor(scriptedStudio({ runMs: 0 }), localPrincipal);
    const served = serveStdio(door, { version: "1", input, output, origin: () => origin });
    const render = { name: "render_image", arguments: { prompt: "x" } };
    const answer = async (id: number, params: object) => {
      input.write(line({ id, method: "tools/call", params }));
      await vi.waitFor(() => expect(said).toContain(`"id":${id}`), patience);
      const found = said
        .trim()
        .split("\n")
        .find((entry) => entry.includes(`"id":${id}`));
      return (JSON.parse(found ?? "{}") as { result: Result }).result;
    };
    input.write(initialize);
    const { id } = jobOf(await answer(2, render));
    const wait = { name: "wait_for_job", arguments: { job_id: id } };
    expect(JSON.stringify(await answer(3, wait))).toContain("http://127.0.0.1:1111/v1/files/");
    origin = "http://127.0.0.1:2222";
    const later = JSON.stringify(await answer(4, wait));
    expect(later).toContain("http://127.0.0.1:2222/v1/files/");
    expect(later).not.toContain("1111");
    input.end();
    await served;
  });

  it("leaves the process's own output alone, and names a studio that does not run", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const { write } = process.stdout;
    let said = "";
    output.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const down = new Failure("not_running", "No studio runs on this data folder. Start it: myspinbot start.");
    const door = { ...studioDoor(scriptedStudio(), localPrincipal), tools: () => Promise.reject(down) };
    const served = serveStdio(door, { version: "1", input, output });
    input.write(initialize);
    input.write(line({ id: 2, method: "tools/list" }));
    input.write(line({ id: 3, method: "tools/call", params: { name: "render_image", arguments: { prompt: "x" } } }));
    await vi.waitFor(() => expect(said.trim().split("\n")).toHaveLength(3), patience);
    input.end();
    await served;
    expect(process.stdout.write).toBe(write);
    const answers = said
      .trim()
      .split("\n")
      .map((entry) => JSON.parse(entry) as { id: number });
    expect(answers.find((entry) => entry.id === 2)).toMatchObject({ error: { code: -32603, message: down.message } });
    expect(answers.find((entry) => entry.id === 3)).toMatchObject({
      result: { isError: true, structuredContent: { error: { code: "not_running" } } },
    });
  });
});
