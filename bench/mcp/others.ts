/** The peer and the bare server, each by its cheapest way to a picture. */
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectHttp, connectStdio, type TestClient } from "../../mcp-server/testing/clients.ts";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { command, root, until } from "../../test/harness/product.ts";
import { graph } from "../graph.ts";
import { type Contender, imageBytes, side, steps, textOf } from "./contender.ts";
import { installPeer } from "./peer.ts";
import { startedBy, tree } from "./processes.ts";

type Transport = Contender["transport"];

interface Program {
  node: string;
  args: readonly string[];
  env: Record<string, string>;
  /** Where it listens, when it does; undefined before. */
  url?(stdout: string): Promise<URL | undefined>;
}

interface Opened {
  client: TestClient;
  pids: number[];
  end(): Promise<void>;
}

async function open(transport: Transport, { node, args, env, url }: Program): Promise<Opened> {
  if (transport === "stdio") {
    const { result: client, pids } = await startedBy(() => connectStdio("v1", { command: node, args: [...args], env }));
    return { client, pids, end: () => client.close() };
  }
  const server = command(node, args, { env, cwd: env["HOME"] ?? root });
  const at = await until(async () => url?.(server.stdout), `a server listens ${server.stderr}`, 120_000);
  const client = await connectHttp("v1", at);
  return {
    client,
    pids: [server.pid],
    async end() {
      await client.close();
      server.child.kill("SIGKILL");
      await server.ended;
    },
  };
}

/** Milliseconds between two looks of a client that cannot wait: not so often that looking costs more than the work. */
const lookEveryMs = 250;

export async function startPeer(transport: Transport, comfyui: string, say: (text: string) => void): Promise<Contender> {
  const peer = await installPeer(say);
  const home = await mkdtemp(join(tmpdir(), "spin-peer-"));
  const port = await freePort();
  const { client, pids, end } = await open(transport, {
    node: peer.node,
    args: [peer.main, ...(transport === "http" ? ["--http", "--port", `${port}`] : [])],
    env: { PATH: process.env["PATH"] ?? "", HOME: home, TMPDIR: home, COMFYUI_URL: comfyui },
    async url() {
      const at = new URL(`http://127.0.0.1:${port}/mcp`);
      return fetch(at).then(
        () => at,
        () => undefined,
      );
    },
  });
  let last = "";
  return {
    name: "comfyui-mcp",
    transport,
    client,
    async picture() {
      const workflow = graph(randomInt(2 ** 40), { side, steps });
      const { prompt_id } = JSON.parse(textOf(await client.call("enqueue_workflow", { action: "enqueue", workflow }))) as {
        prompt_id: string;
      };
      let calls = 1;
      for (let done = false; !done; ) {
        await sleep(lookEveryMs);
        done = (JSON.parse(textOf(await client.call("queue", { action: "status", prompt_id }))) as { done: boolean }).done;
        calls += 1;
      }
      last = prompt_id;
      const history = textOf(await client.call("get_history", { action: "list", prompt_id }));
      const filename = /\*\*(\S+\.png)/.exec(history)?.[1];
      const result = await client.call("get_image", { action: "get", filename });
      textOf(result);
      return { calls: calls + 2, more: 0, bytes: imageBytes(result) };
    },
    async look() {
      textOf(await client.call("queue", { action: "status", prompt_id: last }));
    },
    servers: async () => (await Promise.all(pids.map(tree))).flat(),
    database: async () => [],
    async end() {
      await end();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export async function startBare(transport: Transport, comfyui: string, main: string): Promise<Contender> {
  const { client, pids, end } = await open(transport, {
    node: process.execPath,
    args: [main, comfyui, transport],
    env: { PATH: process.env["PATH"] ?? "" },
    url: async (stdout) => (stdout.includes("\n") ? new URL((JSON.parse(stdout) as { url: string }).url) : undefined),
  });
  let last = "";
  return {
    name: "bare SDK v2",
    transport,
    client,
    async picture() {
      last = textOf(await client.call("submit", { side, steps }));
      return { calls: 2, more: 0, bytes: imageBytes(await client.call("wait", { id: last })) };
    },
    async look() {
      textOf(await client.call("look", { id: last }));
    },
    servers: async () => (await Promise.all(pids.map(tree))).flat(),
    database: async () => [],
    end,
  };
}
