/** One studio after another, each in one of the two modes; what lies in them, and how they are destroyed. */
import { createHash } from "node:crypto";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Part } from "../../core/chat.ts";
import { silentLog } from "../../core/log.ts";
import type { JobView } from "../../core/view.ts";
import { startRedis } from "../../platform/bullmq/testing/redis-server.ts";
import { startEmbeddedPostgres } from "../../platform/embedded-postgres/embedded-postgres.ts";
import { startS3Server } from "../../platform/files/testing/s3-server.ts";
import { createDatabase } from "../../platform/postgres/testing/database.ts";
import { query } from "../../platform/postgres/testing/query.ts";
import type { Checks } from "../harness/checks.ts";
import { makeProduct, type Product } from "../harness/product.ts";

export interface Studio {
  mode: "embedded" | "full";
  product: Product;
  /** Of its database, while that runs. */
  url(): Promise<string>;
  say(conversation: string, text: string): Promise<Part[]>;
  upload(name: string, body: Buffer): Promise<string>;
  /** How many files are stored. */
  stored(): Promise<number>;
  /** Stops its processes and removes rows and files: nothing is left of it. */
  destroy(): Promise<void>;
}

/** Servers of others: PostgreSQL (that of MYSPINBOT_TEST_DATABASE_URL, or one of our own), Redis, and an S3 that checks signatures. */
export async function startServices() {
  const base = await mkdtemp(join(tmpdir(), "spin-backup-services-"));
  await chmod(base, 0o711);
  const given = process.env["MYSPINBOT_TEST_DATABASE_URL"];
  const own = given ? undefined : await startEmbeddedPostgres({ folder: join(base, "postgres"), log: silentLog, say: () => undefined });
  const redis = await startRedis(true, ["--maxmemory-policy", "noeviction"]);
  return {
    database: given ?? own?.url ?? "",
    redis: redis.url,
    async end() {
      await redis.end();
      await own?.stop();
      await rm(base, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export type Services = Awaited<ReturnType<typeof startServices>>;

async function placeOf(services: Services) {
  const [database, s3] = [await createDatabase(services.database), await startS3Server()];
  return {
    url: database.url,
    stored: () => [...(s3.buckets.get("studio")?.objects.keys() ?? [])].filter((key) => /^(jobs|uploads)/.test(key)).length,
    env: {
      ...{ DATABASE_URL: database.url, REDIS_URL: services.redis },
      ...{ S3_ENDPOINT: s3.url, S3_BUCKET: "studio", S3_ACCESS_KEY: s3.accessKey, S3_SECRET_KEY: s3.secretKey },
    },
    async end() {
      await s3.stop();
      await database.drop();
    },
  };
}

/** An empty place; nothing runs in it yet. */
export async function newStudio(mode: Studio["mode"], services: Services): Promise<Studio> {
  const place = mode === "full" ? await placeOf(services) : undefined;
  const product = await makeProduct(`backup-${mode}`, { MYSPINBOT_LOG: "error", ...(place?.env ?? {}) });
  return {
    ...{ mode, product },
    url: async () => place?.url ?? product.postgresUrl(),
    async say(conversation, text) {
      const parts: Part[] = [];
      for await (const part of product.client.chat({ text, conversation }, AbortSignal.timeout(180_000))) parts.push(part);
      return parts;
    },
    upload: async (name, body) => (await product.client.upload(name, Readable.from([body]), body.length)).id,
    async stored() {
      if (place) return place.stored();
      const found = await readdir(product.folder.filesPath, { recursive: true }).catch(() => []);
      return found.filter((name) => /^(jobs|uploads).*\.\w+$/.test(name)).length;
    },
    async destroy() {
      await product.end();
      await place?.end();
    },
  };
}

export const doneJobs = (parts: readonly Part[]): JobView[] => parts.flatMap((part) => (part.type === "done" ? part.jobs : []));

export const wordsOf = (parts: readonly Part[]): string =>
  parts
    .flatMap((part) => (part.type === "text" || part.type === "question" ? [part.text] : part.type === "error" ? [part.error.message] : []))
    .join("\n");

export interface FileRow {
  id: string;
  sha256: string;
  bytes: number;
}

export const filesIn = (url: string): Promise<FileRow[]> =>
  query<FileRow>(url, "select id, sha256, bytes::float8 as bytes from artifacts order by number");

/** Every file that the rows name, fetched as its owner fetches it; those that are not what was stored. */
export async function wrongFiles({ product }: Studio, rows: readonly FileRow[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { id, sha256 } of rows) {
    const hash = createHash("sha256");
    try {
      for await (const chunk of await product.client.download(id)) hash.update(chunk as Buffer);
    } catch (error) {
      wrong.push(`${id}: ${(error as Error).message}`);
      continue;
    }
    if (hash.digest("hex") !== sha256) wrong.push(`${id}: another content`);
  }
  return wrong;
}

/** Wishes for pictures, quicker than they are made, until it is told to stop or has thirty; how many were accepted. */
export function load({ product }: Studio, checks: Checks): { end(): Promise<number> } {
  let going = true;
  let accepted = 0;
  const one = async (lane: number) => {
    for (let number = 0; going && accepted < 30; number++) {
      await product.client.invoke("render_image", { prompt: `load ${lane} ${number}`, width: 256, height: 256 });
      accepted++;
      // a person has a limit of jobs that wait
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  };
  const lanes = Promise.all([1, 2].map(one)).catch((error: unknown) => void checks.check("the load goes on", false, String(error)));
  return {
    async end() {
      going = false;
      await lanes;
      return accepted;
    },
  };
}
