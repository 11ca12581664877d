/** The installer looks before it changes anything: a server that is not there, a wrong key, a scope that lacks, a name that Open WebUI cannot reach. */
import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createKeysClient } from "../http/keys-client.ts";
import { type Product, startProduct } from "../test/setup/product.ts";

const root = join(import.meta.dirname, "..");
const admin = "k".repeat(20);
let product: Product;
let web: Server;
let url: string;
const keys: Record<string, string> = {};

/** Open WebUI 0.12's own calls that the installer makes; `deaf`: it stands where nothing of ours is reached. */
const state = {
  functions: {} as Record<string, boolean>,
  valves: {} as Record<string, unknown>,
  model: undefined as unknown,
  deaf: false,
  calls: [] as string[],
};

async function verify(address: string, key: string): Promise<[number, unknown]> {
  if (state.deaf) return [500, { detail: "Open WebUI: Server Connection Error" }];
  try {
    const answer = await fetch(`${address}/models`, { headers: { authorization: `Bearer ${key}` } });
    return [answer.status, await answer.json()];
  } catch {
    return [500, { detail: "Open WebUI: Server Connection Error" }];
  }
}

async function answer(path: string, body: Record<string, unknown>): Promise<[number, unknown]> {
  const [, id = "", what] = /^\/api\/v1\/functions\/id\/(\w+)(?:\/(.+))?$/.exec(path) ?? [];
  if (path === "/api/config") return [200, { version: "0.12.4", features: {} }];
  if (path === "/api/v1/auths/") return [200, { role: "admin" }];
  if (path === "/openai/verify") return verify(String(body["url"]), String(body["key"]));
  if (path === "/api/models?refresh=true") return [200, { data: state.model ? [{ id: "myspinbot.agent" }] : [] }];
  if (path === "/api/v1/functions/create") {
    state.functions[String(body["id"])] = false;
    return [200, {}];
  }
  if (path.startsWith("/api/v1/models/model?")) return state.model ? [200, state.model] : [404, {}];
  if (path.startsWith("/api/v1/models/")) {
    state.model = body;
    return [200, {}];
  }
  if (!(id in state.functions)) return [401, { detail: "not found" }];
  if (what === "toggle") state.functions[id] = !state.functions[id];
  if (what === "valves/update") state.valves = body;
  return [200, what === "valves" ? state.valves : { is_active: state.functions[id] }];
}

beforeAll(async () => {
  product = await startProduct({ MYSPINBOT_KEY: admin });
  const client = createKeysClient({ url: product.url, key: admin });
  keys["pipe"] = (await client.create({ name: "pipe", scopes: ["act-as", "jobs:read", "jobs:write"] })).secret;
  keys["reader"] = (await client.create({ name: "reader", scopes: ["jobs:read"] })).secret;
  web = createServer(async (request, response) => {
    const [method, path] = [request.method ?? "", request.url ?? ""];
    const given = await text(request);
    const [status, body] = await answer(path, given ? (JSON.parse(given) as Record<string, unknown>) : {});
    if (method === "POST" && path !== "/openai/verify") state.calls.push(path);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => web.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
beforeEach(() => Object.assign(state, { functions: {}, valves: {}, model: undefined, deaf: false, calls: [] }));
afterAll(async () => {
  web.closeAllConnections();
  web.close();
  await product.close();
});

function install(...args: string[]): Promise<{ code: number | null; text: string }> {
  const program = ["--import", "tsx", join(root, "scripts/openwebui-install.ts"), "--url", url, "--key", "sk-admin", ...args];
  const child = spawn(process.execPath, program, { cwd: root, env: { PATH: process.env["PATH"] } });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, text: said })));
}

it("installs where all is well, and says that Open WebUI itself reaches the studio", async () => {
  const { code, text } = await install("--server", product.url, "--server-key", keys["pipe"] as string);
  expect([code, text]).toEqual([0, expect.stringContaining(`it reaches the studio at ${product.url}`)]);
  expect(state.valves).toMatchObject({ BASE_URL: product.url, KEY: keys["pipe"] });
  expect(text).not.toContain(keys["pipe"]);
});

it.each([
  ["nobody there", () => ["--server", "http://127.0.0.1:9"], /nothing listens|this container itself/],
  ["the wrong key", () => ["--server", product.url, "--server-key", "spin_wrong"], /does not know this key/],
  ["no key", () => ["--server", product.url], /wants a key/],
  ["a key that lacks scopes", () => ["--server", product.url, "--server-key", keys["reader"] as string], /lacks jobs:write/],
  ["another program", () => ["--server", url, "--server-key", "x"], /is not MySpinBot, it is Open WebUI/],
  [
    "a secret that the studio lacks",
    () => ["--server", product.url, "--server-key", keys["pipe"] as string, "--user-secret", "s".repeat(32)],
    /no secret to check it/,
  ],
])("changes nothing with %s", async (_, args, words) => {
  const { code, text } = await install(...args());
  expect([code, text]).toEqual([1, expect.stringMatching(words)]);
  expect(text).toContain("Nothing was installed or changed");
  expect(text).not.toMatch(/\n\s+at /);
  expect(state).toMatchObject({ calls: [], functions: {}, valves: {} });
});

it("an Open WebUI in a container that was given localhost is told what to write", async () => {
  state.deaf = true;
  const { code, text } = await install("--server", product.url, "--server-key", keys["pipe"] as string);
  expect([code, text]).toEqual([1, expect.stringContaining("in a container, 127.0.0.1 is the container itself")]);
  expect(text).toContain(`--server http://host.docker.internal:${new URL(product.url).port}`);
  expect(text).toContain("--add-host=host.docker.internal:host-gateway");
});

it("a name that only containers know is looked at here all the same: the host check is found", async () => {
  const { port } = new URL(product.url);
  const { code, text } = await install("--server", `http://host.docker.internal:${port}`, "--server-key", keys["pipe"] as string);
  expect([code, text]).toEqual([1, expect.stringContaining("MYSPINBOT_ALLOWED_HOSTS=host.docker.internal")]);
});

it("keeps the settings that are there when a new one is refused, and takes it by --force", async () => {
  await install("--server", product.url, "--server-key", keys["pipe"] as string);
  const before = { ...state.valves };
  expect((await install("--server-key", "spin_wrong")).code).toBe(1);
  expect(state.valves).toEqual(before);
  expect((await install("--server-key", "spin_wrong", "--force")).code).toBe(0);
  expect(state.valves).toEqual({ ...before, KEY: "spin_wrong" });
});
