/** The set-up of Open WebUI: a key that may no more than it must, made once, and nothing of a person's own undone. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Connection } from "./connection.ts";
import { OpenWebUiAdmin } from "./open-webui-admin.ts";
import { keyFor, studioKeys } from "./studio-keys.ts";

type Reply = [status: number, body: unknown];
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A service that answers as it is told, and remembers what it was asked. */
async function service(reply: (asked: string, body: unknown, token: string) => Reply) {
  const asked: { what: string; body: unknown }[] = [];
  const read = async (request: IncomingMessage) => {
    let text = "";
    for await (const piece of request) text += String(piece);
    return text ? (JSON.parse(text) as unknown) : undefined;
  };
  const server = createServer(async (request, response) => {
    const body = await read(request);
    const what = `${request.method} ${request.url}`;
    asked.push({ what, body });
    const [status, answer] = reply(what, body, request.headers.authorization?.replace("Bearer ", "") ?? "");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closing.push(() => new Promise((done) => server.close(done)));
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("the key", () => {
  const studio = (known: Record<string, number>) =>
    service((what, _, token) => (what === "POST /v1/keys" ? [201, { secret: "spin_new" }] : [known[token] ?? 401, {}]));

  it("that is in use and works stays", async () => {
    const { asked, url } = await studio({ spin_old: 200 });
    expect(await keyFor(studioKeys(new Connection(url, "the studio"), "all"), "spin_old")).toBe("spin_old");
    expect(asked.map(({ what }) => what)).toEqual(["GET /v1/tools"]);
  });

  it.each([["spin_revoked"], [undefined]])("is made anew in place of %s, with what Open WebUI needs and without admin", async (old) => {
    const { asked, url } = await studio({});
    expect(await keyFor(studioKeys(new Connection(url, "the studio"), "all"), old)).toBe("spin_new");
    expect(asked.at(-1)).toEqual({
      what: "POST /v1/keys",
      body: { name: "open-webui", scopes: ["act-as", "jobs:read", "jobs:write", "train", "voice"] },
    });
  });

  it("is not made anew because the studio cannot tell at the moment", async () => {
    const { asked, url } = await studio({ spin_old: 503 });
    await expect(keyFor(studioKeys(new Connection(url, "the studio"), "all"), "spin_old")).rejects.toThrow(/503/);
    expect(asked).toHaveLength(1);
  });
});

describe("the MCP connection", () => {
  const ours = { url: "http://server:4417/mcp", key: "spin_a" };
  const other = { url: "http://else/mcp", key: "k", info: { id: "else" } };
  async function connected(there: unknown[]) {
    const { asked, url } = await service((what) => [200, what.startsWith("GET") ? { TOOL_SERVER_CONNECTIONS: there } : {}]);
    const said = await new OpenWebUiAdmin(new Connection(url, "Open WebUI")).connectTools(ours);
    const posted = asked.find(({ what }) => what.startsWith("POST"))?.body as { TOOL_SERVER_CONNECTIONS: unknown[] } | undefined;
    return { said, posted: posted?.TOOL_SERVER_CONNECTIONS };
  }

  it("is added for everybody beside those that are there", async () => {
    const { said, posted } = await connected([other]);
    expect(said).toBe("set");
    expect(posted).toEqual([other, expect.objectContaining({ ...ours, type: "mcp", auth_type: "bearer" })]);
  });

  it("stays as it is where it is right", async () => {
    expect(await connected([other, { ...ours, info: { id: "myspinbot" } }])).toEqual({ said: "kept", posted: undefined });
  });

  it("gets a new key, and keeps what a person set in it", async () => {
    const mine = { ...ours, key: "spin_old", info: { id: "myspinbot" }, config: { enable: false } };
    expect((await connected([mine])).posted).toEqual([{ ...mine, key: "spin_a" }]);
  });
});

describe("the administrator", () => {
  it("who is not let in is told where the password has to stand", async () => {
    const { url } = await service(() => [400, { detail: "no" }]);
    await expect(new OpenWebUiAdmin(new Connection(url, "Open WebUI")).signIn("admin@localhost", "x")).rejects.toThrow(
      /admin@localhost.*400.*openwebui_admin_password/s,
    );
  });

  it("is told who does not answer, without any secret", async () => {
    const web = new OpenWebUiAdmin(new Connection("http://127.0.0.1:1", "Open WebUI"));
    await expect(web.signIn("admin@localhost", "very-secret")).rejects.toThrow(/Open WebUI does not answer at http:\/\/127\.0\.0\.1:1/);
    await expect(web.signIn("admin@localhost", "very-secret")).rejects.not.toThrow(/very-secret/);
  });
});
