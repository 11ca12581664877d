/** Servers that a benchmark needs: an embedded PostgreSQL that nobody else uses, and Redis where it is installed. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { silentLog } from "../core/log.ts";
import { startRedis } from "../platform/bullmq/testing/redis-server.ts";
import { startEmbeddedPostgres } from "../platform/embedded-postgres/embedded-postgres.ts";

export interface Services {
  folder: string;
  databaseUrl: string;
  /** An empty database on the same server. */
  newDatabase(name: string): Promise<string>;
  redisUrl: string | undefined;
  end(): Promise<void>;
}

export async function startServices(say: (text: string) => void): Promise<Services> {
  const folder = await mkdtemp(join(tmpdir(), "spin-bench-"));
  // as root the database runs as another user, who must pass through
  await chmod(folder, 0o711);
  const postgres = await startEmbeddedPostgres({ folder: join(folder, "postgres"), log: silentLog, say });
  const redis = await startRedis(true).catch(() => undefined);
  if (!redis) say("redis-server is not installed: nothing is measured on Redis (apt-get install redis-server)");
  return {
    folder,
    databaseUrl: postgres.url,
    redisUrl: redis?.url,
    async newDatabase(name) {
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    async end() {
      await redis?.end();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
