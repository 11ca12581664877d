/** Real services for the tests: PostgreSQL always (the embedded one, or MYSPINBOT_TEST_DATABASE_URL), Redis where redis-server is installed. */
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { silentLog } from "../../core/log.ts";
import { startRedis } from "../../platform/bullmq/testing/redis-server.ts";
import { startEmbeddedPostgres } from "../../platform/embedded-postgres/embedded-postgres.ts";
import { lives, processesIn } from "../../platform/embedded-postgres/postmaster.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of a superuser on a server of which each test file makes its own databases. */
    databaseUrl: string;
    redisUrl: string | undefined;
  }
}

function redisInstalled(): boolean {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    process.stdout.write(
      "redis-server is not installed: the Redis half of the queue and bus contracts is NOT RUN (apt-get install redis-server)\n",
    );
    return false;
  }
}

/** Ends what a run left that was killed before its end: the database outlives its starter, on purpose. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = /^spin-services-(\d+)-/.exec(name)?.[1];
    if (!owner || (await lives(Number(owner)))) continue;
    const folder = join(tmpdir(), name);
    for (const pid of (await processesIn(join(folder, "postgres", "cluster", "data"))) ?? []) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // gone with its postmaster, or another user's
      }
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

export default async function setup(project: TestProject) {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `spin-services-${process.pid}-`));
  // as root the database runs as another user, who passes through here
  await chmod(folder, 0o711);
  const given = process.env["MYSPINBOT_TEST_DATABASE_URL"];
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const embedded = given ? undefined : await startEmbeddedPostgres({ folder: join(folder, "postgres"), log: silentLog, say });
  const redis = redisInstalled() ? await startRedis(true, ["--maxmemory-policy", "noeviction"]) : undefined;
  project.provide("databaseUrl", given ?? embedded?.url ?? "");
  project.provide("redisUrl", redis?.url);
  return async () => {
    await redis?.end();
    await embedded?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
