/** The product as it is installed: one studio with its embedded PostgreSQL, and over stdio the thin process that a client starts. */
import { randomInt } from "node:crypto";
import { createKeysClient } from "../../http/keys-client.ts";
import { connectHttp, connectStdio, type Kind, type TestClient } from "../../mcp-server/testing/clients.ts";
import { leanHeap } from "../../place.ts";
import { main, makeProduct } from "../../test/harness/product.ts";
import { type Contender, imageBytes, side, steps, textOf } from "./contender.ts";
import { startedBy, tree } from "./processes.ts";

interface Job {
  id: string;
  state: string;
  artifacts: { id: string; uri: string }[];
}

export async function startMyspinbot(transport: "stdio" | "http", comfyui: string, kind: Kind): Promise<Contender> {
  const product = await makeProduct("bench-mcp", { MYSPINBOT_PREVIEW: "0", MYSPINBOT_LOG: "error", COMFYUI_URL: comfyui });
  // as the installed command starts it: by the first line of main.ts
  const program = [...leanHeap, main];
  const server = await product.start({}, program);
  const url = new URL("/mcp", (await product.folder.serverInfo())?.url);
  const { secret } = await createKeysClient({ socketPath: product.folder.socketPath }).create({ name: "bench" });
  const open = (): Promise<TestClient> =>
    transport === "http"
      ? connectHttp(kind, url, secret)
      : connectStdio(kind, { command: process.execPath, args: [...program, "mcp"], env: product.env });
  const { result: client, pids } = await startedBy(open);
  let last: Job | undefined;
  return {
    name: `myspinbot${kind === "v2 modern" ? " (2026 era)" : ""}`,
    transport,
    client,
    async picture(original) {
      let result = await client.call("render_image", { prompt: "a fox", width: side, height: side, steps, seed: randomInt(2 ** 32) });
      textOf(result);
      let calls = 1;
      let job = result.structuredContent?.["job"] as Job;
      while (job.state !== "succeeded") {
        if (job.state === "failed") throw new Error(textOf(result));
        result = await client.call("wait_for_job", { job_id: job.id });
        calls += 1;
        job = result.structuredContent?.["job"] as Job;
      }
      last = job;
      const shown = imageBytes(result);
      if (shown === 0) throw new Error("no preview came");
      if (!original) return { calls, more: 0, bytes: shown };
      const contents = await client.read(job.artifacts[0]?.uri ?? "");
      const blob = contents.find((content) => content.blob)?.blob ?? "";
      return { calls, more: 1, bytes: Buffer.from(blob, "base64").length };
    },
    async look() {
      textOf(await client.call("get_job", { job_id: last?.id ?? "" }));
    },
    async servers() {
      const database = new Set(await product.postgresProcesses());
      const all = [...(await tree(server.pid)), ...pids];
      return all.filter((pid) => !database.has(pid));
    },
    database: product.postgresProcesses,
    async end() {
      await client.close();
      await product.end();
    },
  };
}
