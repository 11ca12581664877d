/** A studio whose faces and whose worker are two parts with nothing but a database and a folder between them, and a collector that both tell. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../config.ts";
import type { Part } from "../../core/chat.ts";
import { type Log, silentLog } from "../../core/log.ts";
import { startEmbeddedPostgres } from "../../platform/embedded-postgres/embedded-postgres.ts";
import { type FakeCollector, startFakeCollector } from "../../platform/tracing/testing/fake-collector.ts";
import { startServer } from "../../server.ts";
import { type Product, startProduct } from "../setup/product.ts";

export interface TracedStudio {
  product: Product;
  collector: FakeCollector;
  key: string;
  /** Lines of both logs. */
  lines: { facts: Record<string, unknown>; text: string | undefined }[];
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>;
  /** One turn over HTTP, to its end. */
  chat(body: object, headers?: Record<string, string>): Promise<Part[]>;
  close(): Promise<void>;
}

const nowhere = { url: "http://127.0.0.1:9", configured: false };

export async function startTracedStudio(): Promise<TracedStudio> {
  const key = "tracing-admin-key-0123";
  const collector = await startFakeCollector();
  const files = await mkdtemp(join(tmpdir(), "spin-traced-"));
  // as root the database runs as another user, who must pass through
  await chmod(files, 0o711);
  // its own: two studios with all their lanes would leave little of the one that all tests share
  const database = await startEmbeddedPostgres({ folder: join(files, "postgres"), log: silentLog, say: () => undefined });
  const lines: TracedStudio["lines"] = [];
  const logAs = (always: object): Log => {
    const at = (facts: object, text?: string) => void lines.push({ facts: { ...always, ...facts }, text });
    return { debug: at, info: at, warn: at, error: at, child: (facts) => logAs({ ...always, ...facts }) };
  };
  const shared = { DATABASE_URL: database.url, MYSPINBOT_FILES: join(files, "files"), OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const product = await startProduct({ ...shared, ROLES: "http", MYSPINBOT_KEY: key }, {}, logAs({}));
  const config = readConfig({ ...shared, MYSPINBOT_DATA: files, ROLES: "worker" });
  const worker = await startServer({
    config: { ...config, comfyui: nowhere, gpuHost: nowhere, a1111: nowhere, gptSovits: { ...nowhere, mayExit: false }, ollama: nowhere },
    ...{ version: "0.0.0", log: logAs({}), say: () => undefined },
  });
  const post: TracedStudio["post"] = (path, body, headers = {}) =>
    fetch(product.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  return {
    ...{ product, collector, key, lines, post },
    async chat(body, headers) {
      const text = await (await post("/v1/chat", body, headers)).text();
      return [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, data = ""]) => JSON.parse(data) as Part);
    },
    async close() {
      await worker.stop(500);
      await product.close();
      await database.stop();
      await collector.close();
      await rm(files, { recursive: true, force: true });
    },
  };
}
