/** The test S3 server refuses what a real one refuses: else a green run on it would say nothing. */
import { Client } from "minio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type S3Server, startS3Server } from "./s3-server.ts";
import { chunkSignature, sha256, verify } from "./s3-signature.ts";

describe("test S3 server", () => {
  let server: S3Server;
  let client: Client;
  const clientOf = (changes: Partial<{ accessKey: string; secretKey: string }> = {}) => {
    const { hostname, port } = new URL(server.url);
    return new Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      accessKey: "test",
      secretKey: "test-secret-1",
      region: "us-east-1",
      ...changes,
    });
  };
  beforeAll(async () => {
    server = await startS3Server();
    client = clientOf();
    await client.makeBucket("box");
    await client.putObject("box", "a/b c+ü.txt", Buffer.from("hello"));
  });
  afterAll(() => server.stop());

  it("verifies the published example of the S3 documentation", () => {
    const headers = {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "x-amz-date": "20130524T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    };
    const known = { accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1" };
    const now = Date.UTC(2013, 4, 24);
    expect(verify({ method: "GET", url: "/test.txt", headers }, known, now).payload).toBe(sha256(""));
    expect(() => verify({ method: "GET", url: "/other.txt", headers }, known, now)).toThrow("SignatureDoesNotMatch");
    expect(() => verify({ method: "GET", url: "/test.txt", headers }, known)).toThrow("RequestTimeTooSkewed");
  });

  it("serves the client: names with spaces and umlauts, stat, range, list, multi-delete", async () => {
    expect((await client.statObject("box", "a/b c+ü.txt")).size).toBe(5);
    const names: string[] = [];
    for await (const { name } of client.listObjectsV2("box", "a/", true) as AsyncIterable<{ name: string }>) names.push(name);
    expect(names).toEqual(["a/b c+ü.txt"]);
    await client.putObject("box", "gone", Buffer.from("x"));
    await client.removeObjects("box", ["gone"]);
    await expect(client.statObject("box", "gone")).rejects.toMatchObject({ code: "NotFound" });
    expect(await client.bucketExists("box")).toBe(true);
    expect(await client.bucketExists("nobox")).toBe(false);
  });

  it("refuses a foreign access key, a wrong secret and an unsigned request", async () => {
    await expect(clientOf({ accessKey: "foreign" }).getObject("box", "a/b c+ü.txt")).rejects.toMatchObject({ code: "InvalidAccessKeyId" });
    await expect(clientOf({ secretKey: "wrong" }).putObject("box", "x", "x")).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
    for (const method of ["GET", "PUT", "DELETE", "HEAD"]) expect((await fetch(`${server.url}/box/a`, { method })).status).toBe(403);
    expect((await fetch(`${server.url}/other`, { method: "PUT" })).status).toBe(403);
    expect(server.buckets.has("other")).toBe(false);
  });

  it("serves a presigned link, and refuses it expired, for another key, method or longer life", async () => {
    const link = await client.presignedGetObject("box", "a/b c+ü.txt", 60);
    expect(await (await fetch(link)).text()).toBe("hello");
    expect((await fetch(link.replace("/a/", "/A/"))).status).toBe(403);
    expect((await fetch(link.replace("Expires=60", "Expires=6000"))).status).toBe(403);
    expect((await fetch(link, { method: "DELETE" })).status).toBe(403);
    const old = await client.presignedGetObject("box", "a/b c+ü.txt", 1, {}, new Date(Date.now() - 5000));
    expect((await fetch(old)).status).toBe(403);
    expect((await fetch(await clientOf({ secretKey: "wrong" }).presignedGetObject("box", "a/b c+ü.txt", 60))).status).toBe(403);
  });

  /** A signed PUT whose parts the caller may spoil after signing. */
  async function signedPut(payload: string, body: Buffer, extra: Record<string, string> = {}) {
    const { signV4 } = (await import("minio/dist/esm/signing.mjs")) as {
      signV4(request: object, accessKey: string, secretKey: string, region: string, date: Date, sha: string): string;
    };
    const date = new Date();
    const stamp = date.toISOString().replace(/[-:]|\.\d+/g, "");
    const headers: Record<string, string> = {
      host: new URL(server.url).host,
      "x-amz-date": stamp,
      "x-amz-content-sha256": payload,
      ...extra,
    };
    const authorization = signV4({ method: "PUT", path: "/box/raw", headers }, "test", "test-secret-1", "us-east-1", date, payload);
    return {
      headers: { ...headers, authorization },
      url: "/box/raw",
      body,
      send: async (h: Record<string, string>, b: Buffer) =>
        (await fetch(`${server.url}/box/raw`, { method: "PUT", headers: h, body: new Uint8Array(b) })).status,
    };
  }

  it("refuses a body, a header or an unsigned header that was changed after signing", async () => {
    const body = Buffer.from("the real thing");
    const put = await signedPut(sha256(body), body, { "x-amz-meta-note": "mine" });
    expect(await put.send(put.headers, body)).toBe(200);
    expect(await put.send(put.headers, Buffer.from("the fake thing"))).toBe(400);
    expect(await put.send({ ...put.headers, "x-amz-meta-note": "yours" }, body)).toBe(403);
    expect(await put.send({ ...put.headers, "x-amz-acl": "public-read" }, body)).toBe(403);
    expect(await put.send({ ...put.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }, body)).toBe(403);
    expect(server.buckets.get("box")?.objects.get("raw")?.bytes).toBe(body.length);
  });

  it("takes signed chunks apart, and refuses one that was changed, left out or swapped", async () => {
    const chunks = [Buffer.alloc(65_536, "a"), Buffer.alloc(1000, "b"), Buffer.alloc(0)];
    const payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    const put = await signedPut(payload, Buffer.alloc(0), { "x-amz-decoded-content-length": "66536" });
    const known = { accessKey: "test", secretKey: "test-secret-1", region: "us-east-1" };
    const verified = verify({ method: "PUT", url: put.url, headers: put.headers }, known);
    let previous = verified.signature;
    const lines = chunks.map((chunk) => {
      previous = chunkSignature(verified, previous, chunk);
      return Buffer.concat([Buffer.from(`${chunk.length.toString(16)};chunk-signature=${previous}\r\n`), chunk, Buffer.from("\r\n")]);
    }) as [Buffer, Buffer, Buffer];
    expect(await put.send(put.headers, Buffer.concat(lines))).toBe(200);
    expect(server.buckets.get("box")?.objects.get("raw")?.bytes).toBe(66_536);
    const spoiled = Buffer.concat(lines);
    spoiled[200] = 0x7a;
    expect(await put.send(put.headers, spoiled)).toBe(403);
    expect(await put.send(put.headers, Buffer.concat([lines[1], lines[0], lines[2]]))).toBe(403);
    expect(await put.send(put.headers, Buffer.concat([lines[0], lines[2]]))).toBe(403);
    expect(await put.send(put.headers, Buffer.concat([lines[0], lines[1]]))).toBe(400);
  });

  it("joins parts only when they are known, in order and large enough", async () => {
    const id = await client.initiateNewMultipartUpload("box", "parts", {});
    const part = (n: number, bytes: Buffer) =>
      client.uploadPart({ bucketName: "box", objectName: "parts", uploadID: id, partNumber: n, headers: {} }, bytes);
    const one = await part(1, Buffer.alloc(10));
    const two = await part(2, Buffer.alloc(10));
    await expect(
      client.completeMultipartUpload("box", "parts", id, [
        { part: 1, etag: one.etag },
        { part: 2, etag: two.etag },
      ]),
    ).rejects.toMatchObject({ code: "EntityTooSmall" });
    await expect(client.completeMultipartUpload("box", "parts", id, [{ part: 2, etag: "0".repeat(32) }])).rejects.toMatchObject({
      code: "InvalidPart",
    });
    await client.abortMultipartUpload("box", "parts", id);
    await expect(part(3, Buffer.alloc(1))).rejects.toMatchObject({ code: "NoSuchUpload" });
  });
});
