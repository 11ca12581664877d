/** A person clicks what an AI client shows: the whole product behind a public address, over HTTP and over stdio, with keys and without. */
import { createHash } from "node:crypto";
import { request } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../core/package-root.ts";
import { createKeysClient } from "../http/keys-client.ts";
import { connectHttp, connectStdio, type Kind, type Result, type TestClient } from "../mcp-server/testing/clients.ts";
import { type Product, startProduct } from "./setup/product.ts";

const publicUrl = "https://studio.example.org";
const adminKey = "mcp-links-admin-key-01234";
const proxied = { MYSPINBOT_KEY: adminKey, MYSPINBOT_PUBLIC_URL: publicUrl };

interface File {
  id: string;
  sha256: string;
  uri: string;
  url: string;
  url_expires_at?: string;
}

let product: Product;
const open: TestClient[] = [];

beforeAll(async () => {
  product = await startProduct(proxied);
}, 120_000);
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});
afterAll(() => product?.close());

async function overHttp(key: string, kind: Kind = "v2 modern"): Promise<TestClient> {
  const client = await connectHttp(kind, new URL("/mcp", product.url), key);
  open.push(client);
  return client;
}

async function overStdio(): Promise<TestClient> {
  const client = await connectStdio("v1", {
    command: process.execPath,
    args: ["--import", "tsx", join(packageRoot(), "main.ts"), "mcp"],
    env: { PATH: process.env["PATH"] ?? "", MYSPINBOT_DATA: product.folder },
  });
  open.push(client);
  return client;
}

const textOf = ({ content }: Result): string => content.map((block) => block.text ?? "").join("");
const jobOf = ({ structuredContent = {} }: Result) => structuredContent["job"] as { id: string; artifacts: File[] };
let seed = 1;

/** Makes a picture, and says what the answer of wait_for_job is. */
async function picture(client: TestClient): Promise<{ result: Result; file: File; job: string }> {
  const made = await client.call("render_image", { prompt: "a red fox", width: 256, height: 256, seed: seed++ });
  const { id: job } = jobOf(made);
  let result = made;
  for (const end = Date.now() + 60_000; Date.now() < end && !jobOf(result).artifacts[0]; )
    result = await client.call("wait_for_job", { job_id: job, timeout_s: 20 });
  return { result, file: jobOf(result).artifacts[0] as File, job };
}

/** As a browser without a key, through a proxy that ends TLS and passes the name on. */
async function click(url: string, method = "GET", headers: Record<string, string> = {}): Promise<{ status: number; bytes: Buffer }> {
  const { pathname, search, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request(`${product.url}${pathname}${search}`, { method, headers: { host, ...headers } }, (response) => {
      buffer(response).then((bytes) => resolve({ status: response.statusCode ?? 0, bytes }), reject);
    });
    asked.on("error", reject).end();
  });
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("with a key and a public address", () => {
  it.each(["v2 modern", "v1"] as const)("%s: a link opens exactly its file, in a browser without a key, by GET and HEAD", async (kind) => {
    const { result, file } = await picture(await overHttp(adminKey, kind));
    expect(file.url.startsWith(`${publicUrl}/v1/files/${file.id}/`)).toBe(true);
    expect(textOf(result)).toContain(file.url);
    expect(textOf(result)).toContain(`until ${file.url_expires_at}`);
    const left = Date.parse(file.url_expires_at ?? "") - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(15 * 60_000);

    const got = await click(file.url);
    expect([got.status, sha256(got.bytes)]).toEqual([200, file.sha256]);
    expect(await click(file.url, "HEAD")).toEqual({ status: 200, bytes: Buffer.alloc(0) });
    for (const method of ["POST", "PUT", "DELETE"]) expect((await click(file.url, method)).status, method).toBe(404);
    // from a page of the public address, as Open WebUI would be under it
    expect((await click(file.url, "GET", { origin: publicUrl })).status).toBe(200);
    expect((await click(file.url, "GET", { origin: "https://evil.example" })).status).toBe(403);
  });

  it("it opens nothing else, and changed it is as unknown as a file that never was", async () => {
    const client = await overHttp(adminKey);
    const [one, two] = [await picture(client), await picture(client)];
    const unknown = one.file.url.replace(one.file.id, "art_0000000000000000");
    const wanted = await click(unknown);
    expect(wanted.status).toBe(404);
    const changed = [
      one.file.url.replace(one.file.id, two.file.id),
      one.file.url.replace(/sig=./, (found) => (found === "sig=A" ? "sig=B" : "sig=A")),
      one.file.url.replace(/exp=\d/, "exp=2"),
      `${one.file.url}&strip=1`,
    ];
    for (const url of changed) {
      const { status, bytes } = await click(url);
      const said = bytes.toString().replaceAll(/art_\w+/g, "ID");
      expect([status, said], url).toEqual([404, wanted.bytes.toString().replaceAll(/art_\w+/g, "ID")]);
    }
    expect((await click(one.file.url.split("?")[0] ?? "")).status).toBe(401);
  });

  it("another person gets none", async () => {
    const keys = createKeysClient({ url: product.url, key: adminKey });
    const bert = await keys.create({ name: "bert", principal: "bert", scopes: ["jobs:read", "jobs:write"] });
    const { job, file } = await picture(await overHttp(adminKey));
    const stranger = await overHttp(bert.secret);
    const answer = await stranger.call("get_job", { job_id: job });
    expect(answer.structuredContent).toMatchObject({ error: { code: "unknown_job" } });
    await expect(stranger.read(file.uri)).rejects.toMatchObject({ code: -32602 });
    expect((await click(file.url, "GET", { authorization: `Bearer ${bert.secret}` })).status).toBe(404);
  });

  it("over stdio the same, with the address that the server knows; the resource needs no link", async () => {
    const client = await overStdio();
    const { result, file } = await picture(client);
    expect(file.url.startsWith(`${publicUrl}/v1/files/${file.id}/`)).toBe(true);
    expect(textOf(result)).toContain(file.url);
    const got = await click(file.url);
    expect([got.status, sha256(got.bytes)]).toEqual([200, file.sha256]);
    const [blob] = await client.read(file.uri);
    expect(sha256(Buffer.from(blob?.blob ?? "", "base64"))).toBe(file.sha256);
    expect(JSON.stringify(await client.call("list_jobs"))).not.toMatch(/sig=|"url"/);
  });
});

it("a public address alone asks this machine for a key as well: behind its proxy everybody looks near", async () => {
  await product.restart({ MYSPINBOT_PUBLIC_URL: publicUrl });
  expect((await click(`${publicUrl}/v1/jobs`)).status).toBe(401);
  expect((await fetch(`${product.url}/v1/jobs`)).status).toBe(401);
  expect(await product.client.tools()).not.toEqual([]);
});

it("without a key links are plain and do not end, over HTTP and stdio", async () => {
  await product.restart({});
  for (const client of [await overHttp("none"), await overStdio()]) {
    const { result, file } = await picture(client);
    expect(file.url.startsWith(`${product.url}/v1/files/${file.id}/`)).toBe(true);
    expect(file.url).not.toContain("?");
    expect(file).not.toHaveProperty("url_expires_at");
    expect(textOf(result)).not.toContain("until");
    expect((await fetch(file.url)).status).toBe(200);
  }
});
