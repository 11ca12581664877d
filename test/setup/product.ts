/** The whole product in this process, on a data folder of its own, reached as its clients reach it. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readConfig } from "../../config.ts";
import type { Part } from "../../core/chat.ts";
import type { ChatRequest, Client } from "../../core/client.ts";
import { isTerminal } from "../../core/job.ts";
import { type Log, silentLog } from "../../core/log.ts";
import type { JobView } from "../../core/view.ts";
import { createHttpClient } from "../../http/client.ts";
import { openDataFolder } from "../../platform/data-folder/data-folder.ts";
import { type Server, type ServerOptions, startServer } from "../../server.ts";

export interface Product {
  client: Client;
  url: string;
  /** Every part of one turn. */
  say(text: string, more?: Partial<ChatRequest>): Promise<Part[]>;
  /** The job when it is terminal. */
  ended(id: string): Promise<JobView>;
  server: Server;
  folder: string;
  /** Ends it and starts it again on the same folder, with other settings where given. */
  restart(env?: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

/** An address at which nobody answers. */
const nobody = "http://127.0.0.1:9";

/** @param env settings; engines and models that are not named are not there. @param fixtures further tools and engines. */
export async function startProduct(
  env: Record<string, string> = {},
  fixtures: NonNullable<ServerOptions["fixtures"]> = {},
  log: Log = silentLog,
): Promise<Product> {
  const base = await mkdtemp(join(tmpdir(), "spin-product-"));
  // as root the database runs as another user, who must pass through
  await chmod(base, 0o711);
  const data = join(base, "data");
  const open = async (more: Record<string, string>) => {
    // "absent": an address nobody configured. The real defaults must not be met by a test.
    const config = readConfig({ MYSPINBOT_DATA: data, MYSPINBOT_PORT: "0", ...more });
    const quiet = {
      ...config,
      comfyui: config.comfyui.configured ? config.comfyui : { url: nobody, configured: false },
      gpuHost: config.gpuHost.configured ? config.gpuHost : { url: nobody, configured: false },
      a1111: config.a1111.configured ? config.a1111 : { url: nobody, configured: false },
      gptSovits: config.gptSovits.configured ? config.gptSovits : { url: nobody, configured: false, mayExit: false },
      ollama: config.ollama.configured ? config.ollama : { url: nobody, configured: false },
    };
    const folder = await openDataFolder(data, () => undefined);
    const server = await startServer({ config: quiet, folder, version: "0.0.0", log, say: () => undefined, fixtures });
    return { server, client: createHttpClient({ socketPath: folder.socketPath }), url: (await server.status()).url ?? "" };
  };
  const product: Product = {
    ...(await open(env)),
    folder: data,
    async say(text, more = {}) {
      const parts: Part[] = [];
      for await (const part of product.client.chat({ text, ...more })) parts.push(part);
      return parts;
    },
    async ended(id) {
      for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) {
        const job = await product.client.job(id);
        if (isTerminal(job.state)) return job;
      }
      throw new Error(`${id} did not end`);
    },
    async restart(more = env) {
      await product.server.stop(2000);
      Object.assign(product, await open(more));
    },
    async close() {
      await product.server.stop(500);
      await rm(base, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return product;
}

export const jobsOf = (parts: readonly Part[]) => parts.flatMap((part) => (part.type === "done" ? part.jobs : []));
export const textOf = (parts: readonly Part[]) => parts.flatMap((part) => (part.type === "text" ? part.text : [])).join("");
export const errorsOf = (parts: readonly Part[]) => parts.flatMap((part) => (part.type === "error" ? part.error : []));
