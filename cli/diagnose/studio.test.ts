/** The studio from outside: a real one with every mistake of address, key, scope, name and secret; and an older, another and a broken one. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeysClient } from "../../http/keys-client.ts";
import { type Product, startProduct } from "../../test/setup/product.ts";
import { newKeyCommand } from "./scopes.ts";
import { checkServer, type ServerAsked } from "./studio.ts";

const secret = "s".repeat(40);
let product: Product;
let plain: Product;
const servers: Server[] = [];
const keys: Record<string, string> = {};

beforeAll(async () => {
  [product, plain] = await Promise.all([
    startProduct({ MYSPINBOT_KEY: "k".repeat(20), OPENWEBUI_USER_SECRET: secret }),
    startProduct({ MYSPINBOT_KEY: "k".repeat(20) }),
  ]);
  for (const [name, at, scopes] of [
    ["pipe", product, ["act-as", "jobs:read", "jobs:write"]],
    ["reader", product, ["jobs:read"]],
    ["writer", product, ["jobs:write"]],
    ["driver", product, ["act-as"]],
    ["plain", plain, ["jobs:read", "jobs:write"]],
  ] as const) {
    const client = createKeysClient({ url: at.url, key: "k".repeat(20) });
    keys[name] = (await client.create({ name, scopes: [...scopes] })).secret;
  }
});
afterAll(async () => {
  for (const server of servers) server.close();
  await Promise.all([product.close(), plain.close()]);
});

const check = (asked: Partial<ServerAsked>) =>
  checkServer({ address: product.url, setting: "--url", version: "0.0.0", container: false, ...asked });
const wrong = (rows: Awaited<ReturnType<typeof check>>) => rows.filter(({ state }) => state === "down");
const row = (rows: Awaited<ReturnType<typeof check>>, part: string) => rows.find((one) => one.part === part);

async function fake(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a real studio", () => {
  it("and the pipe's key and secret: nothing is wrong, and nothing was changed by asking", async () => {
    const rows = await check({ key: keys["pipe"] as string, userSecret: secret });
    expect(rows.map(({ part, state }) => [part, state])).toEqual([
      ["Studio", "ok"],
      ["Key", "ok"],
      ["Scopes", "ok"],
      ["People", "ok"],
    ]);
    const deliveries = await fetch(`${product.url}/v1/deliveries`, { headers: { authorization: `Bearer ${"k".repeat(20)}` } });
    expect(await deliveries.json()).toEqual({ deliveries: [] });
  });

  it.each(["spin_wrong", "nonsense", `spin_${"0".repeat(16)}_${"a".repeat(43)}`])("and the wrong key %s", async (key) => {
    expect(wrong(await check({ key }))).toEqual([
      {
        ...{ part: "Key", state: "down", what: "the studio does not know this key, or it was revoked" },
        fix: `A new one, where the studio runs: ${newKeyCommand}`,
      },
    ]);
  });

  it("and no key", async () => {
    const [missing] = wrong(await check({}));
    expect(missing).toMatchObject({ part: "Key", what: "the studio wants a key, and none was given" });
  });

  it.each([
    ["reader", "act-as, jobs:write"],
    ["writer", "act-as, jobs:read"],
    ["driver", "jobs:read, jobs:write"],
  ])("and the key of a %s: what it lacks is named", async (name, lacks) => {
    for (const userSecret of [undefined, secret]) {
      const rows = await check({ key: keys[name] as string, ...(userSecret ? { userSecret } : {}) });
      expect(row(rows, "Scopes")).toMatchObject({
        state: "down",
        what: `the key lacks ${lacks}`,
        fix: expect.stringContaining(newKeyCommand),
      });
    }
  });

  it("and another secret for people, none here, or none there", async () => {
    const key = keys["pipe"] as string;
    expect(row(await check({ key, userSecret: "x".repeat(40) }), "People")).toMatchObject({
      state: "down",
      what: "the secret of Open WebUI's people is not the studio's",
    });
    expect(row(await check({ key }), "People")).toMatchObject({ state: "info", fix: "Give it by --user-secret" });
    const there = { address: plain.url, key: keys["plain"] as string };
    expect(row(await check({ ...there, userSecret: secret }), "People")).toMatchObject({
      state: "down",
      fix: expect.stringContaining("OPENWEBUI_USER_SECRET"),
    });
    const unknown = await check(there);
    expect(wrong(unknown)).toEqual([]);
    // whether that key may act for others is not to be seen, and not claimed
    expect(row(unknown, "Scopes")?.what).toMatch(/^jobs:read, jobs:write \(act-as .* not seen/);
  });

  it("under a name that it does not allow names the setting", async () => {
    const { port } = new URL(product.url);
    const rows = await check({ address: `http://host.docker.internal:${port}`, via: "127.0.0.1", key: keys["pipe"] as string });
    expect(rows).toEqual([
      {
        ...{ part: "Host name", state: "down", what: `a studio is there, and is not served under the name host.docker.internal:${port}` },
        fix: "Where the studio runs: MYSPINBOT_ALLOWED_HOSTS=host.docker.internal (added to what stands there), or myspinbot start --lan; then start it again",
      },
    ]);
  });

  it("with a path of it in the address", async () => {
    expect(wrong(await check({ address: `${product.url}/v1`, key: keys["pipe"] as string }))[0]?.fix).toBe("Leave out /v1 in --url");
  });

  it("of another age is named as older or newer, and is no mistake", async () => {
    const key = keys["pipe"] as string;
    for (const [version, words] of [
      ["0.0.1", "older"],
      ["0.0.0-rc.1", undefined],
    ] as const) {
      const rows = await check({ key, version });
      expect(wrong(rows)).toEqual([]);
      expect(row(rows, "Version")?.what.includes(words ?? "")).toBe(words ? true : undefined);
    }
  });
});

describe("no studio", () => {
  it("nobody, and in a container its own localhost", async () => {
    expect(await check({ address: "http://127.0.0.1:9" })).toMatchObject([
      { part: "Studio", state: "down", what: "nothing listens at http://127.0.0.1:9" },
    ]);
    const [inside] = await check({ address: "http://localhost:4417", container: true });
    expect(inside?.fix).toContain("--url=http://host.docker.internal:4417");
  });

  it("another program is named", async () => {
    const page = await fake((_, response) => response.end("<title>Jellyfin</title>"));
    expect(await check({ address: page })).toMatchObject([
      { state: "down", what: `${page} is not MySpinBot, it is a web page named "Jellyfin"` },
    ]);
  });

  it("one that is older than deliveries is too old for the pipe", async () => {
    const old = await fake((request, response) => {
      const known: Record<string, object> = {
        "/healthz": { status: "ok", name: "myspinbot" },
        "/v1/jobs?limit=1": { jobs: [] },
        "/openapi.json": { info: { version: "0.0.1" } },
      };
      const body = known[request.url ?? ""] ?? { error: { code: "unknown_route", message: "There is no such route." } };
      response.writeHead("error" in body ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    const rows = await check({ address: old, key: "k", version: "0.1.0" });
    expect(wrong(rows)).toMatchObject([{ part: "Version", what: "the studio is older than the pipe: it knows no deliveries" }]);
    expect(rows.filter(({ part }) => part === "Version").map(({ what }) => what)).toContain("the studio is 0.0.1, older than 0.1.0 here");
  });

  it("one whose clock is wrong is told, and is a mistake where tokens count", async () => {
    const late = await fake((request, response) => {
      response.setHeader("date", new Date(Date.now() - 120_000).toUTCString());
      response.end(JSON.stringify(request.url === "/healthz" ? { name: "myspinbot" } : { jobs: [] }));
    });
    expect(row(await check({ address: late, userSecret: secret }), "Clock")).toMatchObject({
      state: "down",
      what: expect.stringMatching(/differ by 1[12]\d s/),
    });
    expect(row(await check({ address: late }), "Clock")?.state).toBe("info");
  });
});
