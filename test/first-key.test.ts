/** A studio that is opened to other machines without a key makes one, and prints it once. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readConfig } from "../config.ts";
import type { Log } from "../core/log.ts";
import { createKeysClient } from "../http/keys-client.ts";
import { openDataFolder } from "../platform/data-folder/data-folder.ts";
import { startServer } from "../server.ts";

it("is made, printed once, opens everything, is in no log, and stays the only one", async () => {
  const base = await mkdtemp(join(tmpdir(), "spin-first-"));
  // as root the database runs as another user, who must pass through
  await chmod(base, 0o711);
  const logged: string[] = [];
  const note = (facts: object, text?: string) => void logged.push(JSON.stringify([facts, text]));
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
  const nobody = "http://127.0.0.1:9";
  const start = async (host: string) => {
    const said: string[] = [];
    const data = join(base, "data");
    const config = readConfig({ MYSPINBOT_DATA: data, MYSPINBOT_PORT: "0", MYSPINBOT_HOST: host, COMFYUI_URL: nobody, OLLAMA_URL: nobody });
    const folder = await openDataFolder(data, () => undefined);
    const server = await startServer({ config, folder, version: "0.0.0", log, say: (text) => void said.push(text) });
    const url = (await server.status()).url ?? "";
    return { server, url, socketPath: folder.socketPath, keys: said.join("\n").match(/spin_[\w-]+/g) ?? [] };
  };
  let running = await start("0.0.0.0");
  try {
    const [key] = running.keys;
    expect(running.keys).toHaveLength(1);
    const status = async (token?: string) =>
      (await fetch(`${running.url}/v1/status`, { headers: token ? { authorization: `Bearer ${token}` } : {} })).status;
    // near, and refused all the same: a proxy on this machine makes everybody look near
    expect([await status(), await status(`${key}x`), await status(key)]).toEqual([401, 401, 200]);
    expect(logged.join("\n")).not.toContain(key?.slice(-43));

    const socket = createKeysClient({ socketPath: running.socketPath });
    const [first] = await socket.list();
    expect(first).toMatchObject({ principal: "local", scopes: ["admin"] });
    await running.server.stop(500);
    running = await start("0.0.0.0");
    expect(running.keys).toEqual([]);
    expect(await status(key)).toBe(200);

    await createKeysClient({ socketPath: running.socketPath }).revoke(first?.id ?? "");
    expect(await status(key)).toBe(401);
    await running.server.stop(500);
    running = await start("127.0.0.1");
    expect(running.keys).toEqual([]);
    expect([await status(), await status(key)]).toEqual([200, 401]);
  } finally {
    await running.server.stop(500);
    await rm(base, { recursive: true, force: true, maxRetries: 5 });
  }
}, 60_000);
