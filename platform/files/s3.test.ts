/** The S3 adapter: the contract against a server that checks signatures, and every trouble such a server can make. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { Client } from "minio";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import type { FileStore } from "../../core/ports/files.ts";
import { createS3Files } from "./s3.ts";
import { fileStoreContract } from "./testing/contract.ts";
import { type S3Server, startS3Server } from "./testing/s3-server.ts";
import { Refused } from "./testing/s3-signature.ts";
import { pieces } from "./testing/subject.ts";

function filesOf(server: S3Server, changes: Partial<Parameters<typeof createS3Files>[0]> = {}) {
  const { url: endpoint, accessKey, secretKey, region } = server;
  return createS3Files({ endpoint, bucket: "results", accessKey, secretKey, region, log: silentLog, ...changes });
}

async function listed(files: FileStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of files.list("")) keys.push(key);
  return keys;
}

fileStoreContract("S3 (test server that checks signatures)", async () => {
  const server = await startS3Server({ region: "eu-north-1" });
  return {
    files: filesOf(server),
    leftovers: async () => server.buckets.get("results")?.uploads.size ?? 0,
    stop: () => server.stop(),
  };
});

const real = process.env["MYSPINBOT_TEST_S3_ENDPOINT"];
if (real) {
  fileStoreContract(`S3 (${real})`, async () => {
    const bucket = `spin-${randomBytes(6).toString("hex")}`;
    const accessKey = process.env["MYSPINBOT_TEST_S3_ACCESS_KEY"] ?? "";
    const secretKey = process.env["MYSPINBOT_TEST_S3_SECRET_KEY"] ?? "";
    const { hostname, port, protocol } = new URL(real);
    const client = new Client({ endPoint: hostname, port: Number(port), useSSL: protocol === "https:", accessKey, secretKey });
    const files = createS3Files({ endpoint: real, bucket, accessKey, secretKey, region: "us-east-1", log: silentLog });
    return {
      files,
      // MinIO lists unfinished uploads only by their exact key
      async leftovers() {
        let count = 0;
        for (const key of ["broken/in-parts", "aborted/in-the-middle-of-parts", "race/a"]) {
          for await (const _upload of client.listIncompleteUploads(bucket, key, true)) count += 1;
        }
        return count;
      },
      async stop() {
        for await (const { key } of files.list("")) await files.remove(key);
        await client.removeBucket(bucket);
      },
    };
  });
}

describe("S3 in trouble", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  beforeEach(() => {
    server.fault = undefined;
  });
  afterAll(() => server.stop());

  it("creates the bucket at the first put, small or in parts, and at check", async () => {
    await filesOf(server, { bucket: "first-small" }).put("a", randomBytes(3));
    await filesOf(server, { bucket: "first-large" }).put("a", pieces(randomBytes(9 << 20)));
    await filesOf(server, { bucket: "first-check" }).check();
    expect([...server.buckets.keys()]).toEqual(expect.arrayContaining(["first-small", "first-large", "first-check"]));
    expect(server.buckets.get("first-large")?.objects.get("a")?.bytes).toBe(9 << 20);
  });

  it("names a bucket that is missing where it may not be created, and where something is read", async () => {
    server.fault = (request) => (request.method === "PUT" && request.url === "/forbidden" ? new Refused(403, "AccessDenied") : undefined);
    const files = filesOf(server, { bucket: "forbidden" });
    const missing = { code: "config", message: expect.stringContaining("S3_BUCKET does not exist") };
    await expect(files.check()).rejects.toMatchObject(missing);
    await expect(files.open("a")).rejects.toMatchObject(missing);
    await expect(listed(files)).rejects.toMatchObject(missing);
  });

  it.each([
    ["another secret", { secretKey: "wrong" }, "S3_ACCESS_KEY and S3_SECRET_KEY"],
    ["another access key", { accessKey: "wrong" }, "S3_ACCESS_KEY and S3_SECRET_KEY"],
    ["another region", { region: "mars-1" }, "S3_REGION"],
    ["a bucket's name that none can have", { bucket: "A_wrong" }, "S3_BUCKET"],
  ])("%s is named, never tried again, and no key is shown", async (_what, changes, words) => {
    const failure = await filesOf(server, changes)
      .check()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "Failure", code: "config", retryable: false, message: expect.stringContaining(words) });
    expect(String(failure)).not.toMatch(/test-secret-1|wrong|127\.0\.0\.1/);
  });

  it("keys without the right are named, also for requests without an answer's body", async () => {
    server.fault = () => new Refused(403, "AccessDenied");
    await expect(filesOf(server).put("a", randomBytes(1))).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("not allowed"),
    });
    await expect(filesOf(server).stat("a")).rejects.toMatchObject({ code: "config", message: expect.stringContaining("not allowed") });
  });

  it("a server that is down is storage_unavailable, and may be tried again", async () => {
    const gone = await startS3Server();
    const files = filesOf(gone);
    await gone.stop();
    const down = { code: "storage_unavailable", retryable: true };
    await expect(files.put("a", randomBytes(1))).rejects.toMatchObject(down);
    await expect(files.open("a")).rejects.toMatchObject(down);
    await expect(files.stat("a")).rejects.toMatchObject(down);
    await expect(listed(files)).rejects.toMatchObject(down);
    const failure = await files.check().catch((error: unknown) => error);
    expect(failure).toMatchObject(down);
    expect(String(failure)).not.toContain("127.0.0.1");
  });

  it("what is no S3 server is storage_unavailable", async () => {
    const chatter = createServer((socket) =>
      socket
        .on("error", () => undefined)
        .resume()
        .end("hello\r\n"),
    );
    await new Promise<void>((listening) => chatter.listen(0, "127.0.0.1", listening));
    const { port } = chatter.address() as { port: number };
    await expect(filesOf(server, { endpoint: `http://127.0.0.1:${port}` }).check()).rejects.toMatchObject({ code: "storage_unavailable" });
    await expect(filesOf(server, { endpoint: `https://127.0.0.1:${port}` }).check()).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("https://"),
    });
    await new Promise((closed) => chatter.close(closed));
  });

  it("a full server is storage_full, in one request and in parts, and keeps nothing", async () => {
    server.fault = (request) =>
      request.method === "PUT" && request.url !== "/results" ? new Refused(507, "XMinioStorageFull") : undefined;
    const files = filesOf(server);
    await expect(files.put("full/a", randomBytes(3))).rejects.toMatchObject({ code: "storage_full" });
    await expect(files.put("full/b", pieces(randomBytes(17 << 20)))).rejects.toMatchObject({ code: "storage_full" });
    expect(server.buckets.get("results")?.uploads.size ?? 0).toBe(0);
    expect(await files.stat("full/a")).toBeUndefined();
  });

  it("a busy server and a lost connection are met with another try, silently", async () => {
    const said: unknown[] = [];
    const warn = console.warn;
    console.warn = (...words: unknown[]) => said.push(words);
    try {
      const answers = [new Refused(503, "SlowDown"), "hangUp" as const];
      server.fault = () => answers.pop();
      const bytes = randomBytes(100);
      await filesOf(server).put("busy/a", bytes);
      expect(answers).toEqual([]);
      expect(await buffer(await filesOf(server).open("busy/a"))).toEqual(bytes);
      server.fault = () => new Refused(503, "SlowDown");
      await expect(filesOf(server).put("busy/b", bytes)).rejects.toMatchObject({ code: "storage_unavailable", retryable: true });
    } finally {
      console.warn = warn;
    }
    expect(said).toEqual([]);
  });

  it("a part that is lost for good aborts the upload", async () => {
    server.fault = (request) => (request.url?.includes("partNumber=2") ? "hangUp" : undefined);
    const source = pieces(randomBytes(30 << 20));
    await expect(filesOf(server).put("lost/a", source)).rejects.toMatchObject({ code: "storage_unavailable" });
    expect(source.destroyed).toBe(true);
    expect(server.buckets.get("results")?.uploads.size).toBe(0);
    expect(server.buckets.get("results")?.objects.has("lost/a")).toBe(false);
  });

  it("an upload whose last answer was lost is found to be whole", async () => {
    let lost = 0;
    server.fault = (request) => {
      if (request.method !== "POST" || !request.url?.includes("uploadId=")) return undefined;
      lost += 1;
      return undefined;
    };
    const files = filesOf(server);
    const bytes = randomBytes(9 << 20);
    server.loseAnswer = (request) => request.method === "POST" && Boolean(request.url?.includes("uploadId=")) && lost === 1;
    await files.put("answer/lost", pieces(bytes));
    expect(lost).toBe(2);
    expect(bytes.equals(await buffer(await files.open("answer/lost")))).toBe(true);
  });

  it("a download that breaks in the middle is a Failure to its reader", async () => {
    const files = filesOf(server);
    await files.put("cut/a", randomBytes(9 << 20));
    const reader = await files.open("cut/a");
    await new Promise((readable) => reader.once("readable", readable));
    const rest = buffer(reader);
    await Promise.all([
      expect(rest).rejects.toMatchObject({ name: "Failure", code: "storage_unavailable", retryable: true }),
      server.stop(),
    ]);
    server = await startS3Server();
  });

  it("keeps the media type, and lists more than one page", async () => {
    const files = filesOf(server, { bucket: "pages" });
    await files.put("typed.png", randomBytes(3), { mediaType: "image/png" });
    await files.put("typed.webp", pieces(randomBytes(9 << 20)), { mediaType: "image/webp" });
    const objects = server.buckets.get("pages")?.objects;
    expect(objects?.get("typed.png")?.type).toBe("image/png");
    expect(objects?.get("typed.webp")?.type).toBe("image/webp");
    const one = objects?.get("typed.png");
    if (one) for (let n = 0; n < 2345; n += 1) objects?.set(`many/${String(n).padStart(5, "0")}`, one);
    const found: string[] = [];
    for await (const { key } of files.list("many/")) found.push(key);
    expect(found.length).toBe(2345);
    expect(found).toEqual([...found].sort());
  });

  it("check sweeps uploads that a dead process left a day ago, and nothing younger", async () => {
    const files = filesOf(server, { bucket: "swept" });
    await files.check();
    const uploads = server.buckets.get("swept")?.uploads;
    uploads?.set("old", { key: "a", type: "", parts: new Map(), initiated: new Date(Date.now() - 25 * 3600_000) });
    uploads?.set("young", { key: "b", type: "", parts: new Map(), initiated: new Date() });
    await files.check();
    expect([...(uploads?.keys() ?? [])]).toEqual(["young"]);
  });
});
