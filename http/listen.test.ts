/** Real sockets: two doors told apart, slow and broken clients, a polite end. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { type Listening, listen } from "./listen.ts";
import type { AppParts } from "./parts.ts";
import { type TestParts, testParts, until } from "./testing/app-parts.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "http-"));
  ends.push(() => rm(path, { recursive: true }));
  return path;
}

async function start(
  more: Partial<AppParts> = {},
  options: { headersMs?: number } = {},
): Promise<{ parts: TestParts; server: Listening; socketPath: string }> {
  const parts = testParts({ local: false, ...more });
  const socketPath = join(await folder(), "s.sock");
  const server = await listen(createApp(parts), { host: "127.0.0.1", port: 0, socketPath, log: parts.log, ...options });
  ends.push(() => server.close(0));
  return { parts, server, socketPath };
}

function get(where: object, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest({ ...where, path, headers: { host: "localhost", ...headers }, agent: false }, resolve)
      .on("error", reject)
      .end();
  });
}

/** Raw bytes to the server, and all that comes back until it closes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}

describe("the two doors", () => {
  it("ask TCP for the key and the socket for nothing", async () => {
    const { server, socketPath } = await start({ access: { key: "0123456789abcdef", hosts: [] } });
    expect((await get({ port: server.port }, "/v1/tools")).statusCode).toBe(401);
    expect((await get({ port: server.port }, "/v1/tools", { authorization: "Bearer 0123456789abcdef" })).statusCode).toBe(200);
    expect((await get({ socketPath }, "/v1/tools")).statusCode).toBe(200);
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  });
  it("check the Host header of a rebound name on TCP", async () => {
    const { server } = await start();
    const response = await get({ port: server.port }, "/v1/tools", { host: "evil.example" });
    expect([response.statusCode, await text(response)]).toEqual([403, expect.stringContaining("MYSPINBOT_ALLOWED_HOSTS")]);
  });
  it("replace a dead server's socket file, but neither a living one's nor another file", async () => {
    const path = join(await folder(), "s.sock");
    const parts = testParts();
    const open = (at: string) => listen(createApp(parts), { host: "127.0.0.1", port: 0, socketPath: at, log: parts.log });
    // a socket file that nobody listens on: what a kill leaves behind
    spawnSync(process.execPath, [
      "-e",
      "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))",
      path,
    ]);
    expect((await stat(path)).isSocket()).toBe(true);
    const first = await open(path);
    ends.push(() => first.close(0));
    expect((await get({ socketPath: path }, "/healthz")).statusCode).toBe(200);
    await expect(open(path)).rejects.toMatchObject({ code: "folder_in_use" });
    expect((await get({ socketPath: path }, "/healthz")).statusCode).toBe(200);
    const plain = join(await folder(), "s.sock");
    await writeFile(plain, "precious");
    await expect(open(plain)).rejects.toMatchObject({ code: "config" });
    expect((await stat(plain)).size).toBe(8);
  });
  it("say who has the port, and which setting moves ours", async () => {
    const { server, parts } = await start();
    const open = (port: number) => listen(createApp(parts), { host: "127.0.0.1", port, log: parts.log });
    await expect(open(server.port)).rejects.toMatchObject({
      code: "config",
      message: expect.stringMatching(/another MySpinBot.*MYSPINBOT_PORT/),
    });
    const other = createServer((_request, response) => response.end("hello"));
    await new Promise<void>((ready) => other.listen(0, "127.0.0.1", ready));
    ends.push(() => new Promise((closed) => other.close(closed)));
    const address = other.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await expect(open(port)).rejects.toMatchObject({ code: "config", message: expect.stringMatching(/another program.*MYSPINBOT_PORT/) });
    await expect(listen(createApp(parts), { host: "203.0.113.7", port: 0, log: parts.log })).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("MYSPINBOT_HOST"),
    });
  });
});

describe("bad clients", () => {
  it("that send their headers too slowly are let go", async () => {
    const { server } = await start({}, { headersMs: 200 });
    const answer = await raw(server.port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ error: { code: "timeout", retryable: true } });
  });
  it.each([
    ["nonsense", "NONSENSE\r\n\r\n", 400],
    ["headers without end", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 431],
    ["a bad host", "GET / HTTP/1.1\r\nHost: a b@c\r\nConnection: close\r\n\r\n", 400],
    ["no host", "GET /healthz HTTP/1.0\r\n\r\n", 400],
  ])("that send %s get JSON", async (_what, bytes, status) => {
    const { server } = await start();
    const answer = await raw(server.port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('"code":"invalid_input"');
  });
  it("that go in mid-download leave no open file", async () => {
    const { server, parts } = await start();
    const file = new Readable({
      read() {
        this.push(Buffer.alloc(1 << 20));
      },
    });
    const { id } = parts.studio.addFile(() => file, { bytes: 1e10 });
    const response = await get({ port: server.port }, `/v1/files/${id}/x`);
    response.once("data", () => response.destroy());
    response.on("error", () => {});
    await until(() => file.destroyed, "the file is closed");
    await until(() => server.idleMs() > 0, "the server is idle");
  });
  it("that go in mid-stream leave no watcher, and their job alone", async () => {
    const { server, parts } = await start();
    const { id } = parts.studio.make();
    const response = await get({ port: server.port }, `/v1/jobs/${id}/events`);
    response.on("error", () => {});
    await until(() => parts.studio.watchers() === 1, "it watches");
    response.destroy();
    await until(() => parts.studio.watchers() === 0, "it watches no more");
    expect(parts.studio.jobs.get(id)?.state).toBe("queued");
  });
  it("are told by a broken connection when a file breaks off", async () => {
    const { server, parts } = await start();
    const { id } = parts.studio.addFile(() => Readable.from([Buffer.alloc(10)]), { bytes: 100 });
    const response = await get({ port: server.port }, `/v1/files/${id}/x`);
    await expect(text(response)).rejects.toThrow();
  });
});

describe("large files", () => {
  it("pass with flat memory at the pace of a slow reader", async () => {
    const { server, parts } = await start();
    const bytes = 100 * (1 << 20);
    let made = 0;
    const { id } = parts.studio.addFile(
      () =>
        new Readable({
          highWaterMark: 1 << 20,
          read() {
            if (made >= bytes) return void this.push(null);
            made += 1 << 20;
            this.push(Buffer.alloc(1 << 20));
          },
        }),
      { bytes },
    );
    const response = await get({ port: server.port }, `/v1/files/${id}/x`);
    let taken = 0;
    let most = 0;
    for await (const chunk of response) {
      taken += (chunk as Buffer).length;
      most = Math.max(most, made - taken);
    }
    expect(taken).toBe(bytes);
    // what lies between disk and reader: our read-ahead and the kernel's buffers, never the file
    expect(most).toBeLessThan(20 * (1 << 20));
  });
  it("are uploaded at the pace of the store", async () => {
    const { server, parts } = await start({ limits: { ...testParts().limits, maxUpload: 200_000_000 } });
    let taken = 0;
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    parts.studio.upload = async (_principal, file) => {
      await gate;
      for await (const chunk of file.body) taken += (chunk as Buffer).length;
      return parts.studio.addFile(Buffer.from("x"));
    };
    let sent = 0;
    const total = 100 * (1 << 20);
    const body = new Readable({
      highWaterMark: 1 << 16,
      read() {
        if (sent >= total) return void this.push(null);
        sent += 1 << 16;
        this.push(Buffer.alloc(1 << 16));
      },
    });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ port: server.port, method: "POST", path: "/v1/files?name=x", headers: { host: "localhost" } }, resolve);
      request.on("error", reject);
      body.pipe(request);
    });
    let before = -1;
    await until(() => {
      const still = sent === before && sent > 0;
      before = sent;
      return still;
    }, "the sender is held back");
    expect(sent).toBeLessThan(40 * (1 << 20));
    go();
    expect((await answer).statusCode).toBe(201);
    expect(taken).toBe(total);
  });
});

describe("close", () => {
  it("ends event streams, waits for what is short, and takes no more", async () => {
    const { server, parts, socketPath } = await start();
    const { id } = parts.studio.make();
    const stream = await get({ socketPath }, `/v1/jobs/${id}/events`);
    const streamed = text(stream);
    let answer: (() => void) | undefined;
    parts.studio.list = () =>
      new Promise((resolve) => {
        answer = () => resolve([]);
      });
    let asked = false;
    const slow = get({ port: server.port }, "/v1/jobs").then((response) => response.statusCode);
    await until(() => answer !== undefined && parts.studio.watchers() === 1, "both are under way");
    const closed = server.close(5000).then(() => {
      asked = true;
    });
    expect(await streamed).toContain("event: state");
    await expect(get({ port: server.port }, "/healthz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(asked).toBe(false);
    answer?.();
    expect(await slow).toBe(200);
    await closed;
    await expect(stat(socketPath)).rejects.toMatchObject({ code: "ENOENT" });
  });
  it("breaks off what does not end", async () => {
    const { server, parts } = await start();
    let asked = false;
    parts.studio.list = () => {
      asked = true;
      return new Promise(() => {});
    };
    const stuck = get({ port: server.port }, "/v1/jobs");
    stuck.catch(() => {});
    await until(() => asked, "it is under way");
    expect(server.idleMs()).toBe(0);
    await server.close(50);
    await expect(stuck).rejects.toMatchObject({ code: "ECONNRESET" });
  });
  it("ends waiting tools with what they know", async () => {
    const { server, parts } = await start();
    const { id } = parts.studio.make();
    const answered = new Promise<IncomingMessage>((resolve) => {
      httpRequest(
        {
          port: server.port,
          method: "POST",
          path: "/v1/tools/wait_for_job",
          headers: { host: "localhost", "content-type": "application/json" },
        },
        resolve,
      ).end(JSON.stringify({ job_id: id, timeout_s: 50 }));
    });
    await until(() => parts.studio.watchers() === 1, "it waits");
    await server.close(5000);
    expect(await text(await answered)).toContain("It is queued.");
  });
});
