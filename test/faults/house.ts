/** Everything that runs: Redis, PostgreSQL and S3, three servers and three workers, and a proxy between each two that talk. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { type Fault, type Member, members } from "./draw.ts";
import { openPostgresServer, type PostgresServer } from "./postgres.ts";
import { type Kept, keep } from "./processes.ts";
import { createProxy, type Wire } from "./proxy.ts";
import { openRedis, type RedisServer } from "./redis.ts";
import { openStore, type Store } from "./s3.ts";

export type Far = NonNullable<Fault["far"]>;

export interface House {
  readonly base: string;
  readonly key: string;
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly store: Store;
  readonly members: ReadonlyMap<Member, Kept>;
  /** Addresses of the servers as clients reach them. */
  readonly urls: readonly string[];
  proxy(member: Member, far: Far): Wire;
  /** What a program needs to read the database and the store directly. */
  readonly direct: Record<string, string>;
  rows<Row extends object>(text: string): Promise<Row[]>;
  /** When it does its work, at once where it does; after `ms` in any case. */
  ready(member: Member, ms: number): Promise<void>;
  /** Nothing of it runs any more; what it wrote stays. */
  stop(): Promise<void>;
  end(): Promise<void>;
}

/** Milliseconds: with the usual ones (30 s, 15 s, 5 s) nothing else happens, only later. */
const shorter = { reconcileMs: 3000, lockMs: 4000, stalledMs: 1500 };

export async function openHouse(options: { usual: boolean }): Promise<House> {
  const base = await mkdtemp(join(tmpdir(), "spin-faults-"));
  // as root the database runs as another user, who must pass through
  await chmod(base, 0o711);
  const redis = await openRedis(join(base, "redis"));
  const postgres = await openPostgresServer(join(base, "postgres"));
  const store = await openStore(join(base, "s3"));
  const key = randomBytes(24).toString("hex");
  const proxies = new Map<string, Wire>();
  const kept = new Map<Member, Kept>();
  const urls: string[] = [];
  const s3 = { S3_BUCKET: store.bucket, S3_ACCESS_KEY: store.accessKey, S3_SECRET_KEY: store.secretKey };

  const rows = async <Row extends object>(text: string): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: postgres.url, connectionTimeoutMillis: 3000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return (await client.query(text)).rows as Row[];
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const works = async (member: Member): Promise<boolean> => {
    const url = member.startsWith("server") ? urls[Number(member.slice(-1)) - 1] : undefined;
    if (url !== undefined) return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) })).ok;
    const pid = kept.get(member)?.pid;
    return pid !== undefined && (await rows(`select 1 from lanes where worker like '%:${pid}'`)).length > 0;
  };
  const ready = async (member: Member, ms: number): Promise<void> => {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(250)) if (await works(member).catch(() => false)) return;
  };

  for (const member of members) {
    const way = async (far: Far, port: number): Promise<number> => {
      const proxy = await createProxy(port);
      proxies.set(`${member} ${far}`, proxy);
      return proxy.port;
    };
    const server = member.startsWith("server");
    const folder = join(base, member);
    await mkdir(folder, { mode: 0o700 });
    const port = await freePort();
    if (server) urls.push(`http://127.0.0.1:${await way("clients", port)}`);
    const env = {
      ...{ PATH: process.env["PATH"], HOME: folder, TMPDIR: folder, MYSPINBOT_LOG: process.env["FAULTS_LOG"] ?? "info" },
      ...{ MYSPINBOT_PREVIEW: "1", MYSPINBOT_KEY: key, MYSPINBOT_MAX_WAITING: "1000" },
      ...(server ? { ROLES: "http", MYSPINBOT_DATA: join(folder, "data"), MYSPINBOT_PORT: `${port}` } : { ROLES: "worker" }),
      DATABASE_URL: `postgres://studio@127.0.0.1:${await way("PostgreSQL", postgres.port)}/postgres`,
      REDIS_URL: `redis://127.0.0.1:${await way("Redis", redis.port)}`,
      ...{ S3_ENDPOINT: `http://127.0.0.1:${await way("S3", store.port)}`, ...s3 },
      ...(options.usual ? {} : { FAULTS_PERIODS: JSON.stringify(shorter) }),
      FAULTS_SLOW_MS: "700",
    };
    const program = [process.execPath, "--max-semi-space-size=2", join(import.meta.dirname, "member.mjs")] as const;
    kept.set(member, keep({ name: member, command: program, options: { cwd: folder, env }, log: join(base, `${member}.log`) }));
  }
  await Promise.all(members.map((member) => ready(member, 180_000)));

  const house: House = {
    ...{ base, key, redis, postgres, store, members: kept, urls, rows, ready },
    direct: { DATABASE_URL: postgres.url, S3_ENDPOINT: `http://127.0.0.1:${store.port}`, ...s3 },
    proxy(member, far) {
      const found = proxies.get(`${member} ${far}`);
      if (!found) throw new Error(`${member} does not talk to ${far}`);
      return found;
    },
    async stop() {
      await Promise.all([...kept.values()].map((member) => member.end(5000)));
      await store.process?.end(2000);
      await redis.end();
      await postgres.crash();
      for (const proxy of proxies.values()) await proxy.end();
    },
    async end() {
      await house.stop();
      await rm(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
  return house;
}
