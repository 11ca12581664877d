/** What is wrong with parts that answer: asked of their own figures, for the table at the start, of `doctor` and at `/v1/status`. */
import { isSilence, look } from "./cli/diagnose/look.ts";
import { clockRow, databaseRows, redisRows } from "./cli/diagnose/services.ts";
import { type Stack, stackOf, startService } from "./cli/diagnose/stack.ts";
import type { Config } from "./config.ts";
import type { StatusRow } from "./core/client.ts";
import type { LaneStore } from "./core/ports/lanes.ts";
import { databaseHealth, databaseHealthAt } from "./platform/health/database.ts";
import { redisHealth } from "./platform/health/redis.ts";
import type { StatusParts } from "./status.ts";

type Pool = Parameters<typeof databaseHealth>[0];

/** Signed requests are refused by a clock that is off, and a person is told by how much. */
async function s3Clock(endpoint: string): Promise<StatusRow[]> {
  const answer = await look(endpoint, "/");
  const date = isSilence(answer) ? Number.NaN : Date.parse(answer.headers.date ?? "");
  const row = Number.isNaN(date) ? undefined : clockRow(Date.now() - date, "the S3 server");
  return row ? [row] : [];
}

/** The newest answer is kept that long: a page that shows the table asks often. */
const freshMs = 15_000;

function remembered(ask: () => Promise<StatusRow[]>): () => Promise<StatusRow[]> {
  let at = 0;
  let last: Promise<StatusRow[]> | undefined;
  return () => {
    if (last && Date.now() - at < freshMs) return last;
    at = Date.now();
    last = ask();
    // an outage is not remembered
    last.catch(() => {
      last = undefined;
    });
    return last;
  };
}

async function workers(lanes: Pick<LaneStore, "connected">, stack: Stack | undefined): Promise<StatusRow[]> {
  if ((await lanes.connected()).length > 0) return [];
  return [
    {
      ...{ part: "Workers", state: "down", what: "none is connected: what is accepted waits" },
      fix: stack ? startService(stack, "worker") : "myspinbot worker, with the same DATABASE_URL, REDIS_URL and S3",
    },
  ];
}

/** @param running what the studio that runs has open; without it the database of DATABASE_URL is asked over a connection of its own. */
export function findingsOf(
  config: Pick<Config, "databaseUrl" | "redisUrl" | "s3" | "roles">,
  running?: { pool: Pool; lanes: Pick<LaneStore, "connected"> },
  stack = stackOf(),
): NonNullable<StatusParts["findings"]> {
  const { databaseUrl, redisUrl, s3 } = config;
  const database = running ? () => databaseHealth(running.pool) : databaseUrl ? () => databaseHealthAt(databaseUrl) : undefined;
  return [
    ...(database ? [remembered(async () => databaseRows(await database()))] : []),
    ...(redisUrl ? [remembered(async () => redisRows(await redisHealth(redisUrl)))] : []),
    ...(s3 ? [remembered(() => s3Clock(s3.endpoint))] : []),
    ...(running && !config.roles.worker ? [() => workers(running.lanes, stack)] : []),
  ];
}
