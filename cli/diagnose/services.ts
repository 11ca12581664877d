/** What is wrong with a Redis or a PostgreSQL that answers: rows only where there is something to tell. */
import type { StatusRow } from "../../core/client.ts";
import type { DatabaseHealth, RedisHealth } from "../../core/ports/health.ts";
import { down } from "./scopes.ts";

const info = (part: string, what: string, fix: string): StatusRow => ({ part, state: "info", what, fix });

const size = (bytes: number) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`);
const percent = (part: number, whole: number) => Math.round((100 * part) / whole);
/** `6.2.14` → 602. */
const number = (version: string) => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 100 + minor;
};

const clockFix = "Set the time of both machines by NTP";
const span = (ms: number) =>
  Math.abs(ms) < 120_000 ? `${Math.round(Math.abs(ms) / 1000)} s` : `${Math.round(Math.abs(ms) / 60_000)} minutes`;

/** Milliseconds: a token of Open WebUI may be that far off. */
const mostSkew = 30_000;
/** From here on links end before they are opened, or S3 refuses what is signed (15 minutes). */
const harmful = 300_000;

/** @param whose in words, such as "the database". */
export function clockRow(aheadMs: number, whose: string): StatusRow | undefined {
  if (Math.abs(aheadMs) <= mostSkew) return undefined;
  const what = `this machine's clock is ${span(aheadMs)} ${aheadMs > 0 ? "ahead of" : "behind"} that of ${whose}`;
  return Math.abs(aheadMs) > harmful
    ? down("Clock", `${what}: links and tokens end too early or too late, and signed requests are refused`, clockFix)
    : info("Clock", what, clockFix);
}

const noeviction = "redis-cli config set maxmemory-policy noeviction, and the same line in its configuration";

/** BullMQ's own least. */
const leastRedis = "6.2";

export function redisRows(facts: RedisHealth): StatusRow[] {
  const part = "Queue";
  const { eviction, maxmemory, used, version } = facts;
  const rows: (StatusRow | undefined)[] = [];
  if (number(version) < number(leastRedis))
    rows.push(down(part, `Redis ${version} is too old: ${leastRedis} is the least`, "Redis 7.2, or Valkey"));
  if (facts.replica) rows.push(down(part, "REDIS_URL is a copy that takes no writes", "Name its primary in REDIS_URL"));
  if (eviction && eviction !== "noeviction") {
    const may = `Redis may throw queued jobs away when its memory is full: maxmemory-policy is ${eviction}`;
    rows.push(
      maxmemory > 0
        ? down(part, `${may}, and ${size(used)} of ${size(maxmemory)} are used`, noeviction)
        : info(part, `${may}, and maxmemory is not set yet`, noeviction),
    );
  }
  if (maxmemory > 0 && used >= 0.9 * maxmemory)
    rows.push(
      (used >= maxmemory ? down : info)(
        part,
        `Redis is ${percent(used, maxmemory)} % full (${size(used)} of ${size(maxmemory)})`,
        "Give it more by maxmemory, or let nobody else use it",
      ),
    );
  if (!facts.appendonly)
    rows.push(
      info(
        part,
        "Redis keeps no append-only file: after its restart what waits is found again only by the next look (half a minute)",
        "redis-cli config set appendonly yes, and the same line in its configuration",
      ),
    );
  if (facts.writeFailed)
    rows.push(down(part, "Redis could not write to its disk", "Make room there, look at its log; until it can write it may take nothing"));
  rows.push(clockRow(facts.aheadMs, "Redis"));
  return rows.filter((row) => row !== undefined);
}

const leastDatabase = 150_000;

function migrationRow({ waiting, gaps, unknown, unrecorded, runningSeconds }: DatabaseHealth["migrations"]): StatusRow | undefined {
  const part = "Database";
  if (runningSeconds !== undefined)
    return info(
      part,
      `another process has been bringing the database up to date for ${Math.round(runningSeconds)} s`,
      "Wait for it; if it is gone, its session ends by itself, and the next start goes on",
    );
  if (unknown > 0)
    return down(
      part,
      `the database is newer than this program: ${unknown} of its migrations are not known here`,
      "Update this program to what last used the database; an older one must not write into it",
    );
  if (gaps > 0 || unrecorded)
    return down(
      part,
      unrecorded
        ? "the database has our tables and no record of how they were made"
        : `the database is half migrated: ${gaps} migrations are missing before its last one`,
      "Restore a backup into an empty database (docs/backup.md)",
    );
  if (waiting > 0)
    return info(
      part,
      `${waiting} migrations wait for the next start`,
      "A backup first, then start the studio: it makes them at once or not at all",
    );
  return undefined;
}

export function databaseRows(facts: DatabaseHealth): StatusRow[] {
  const part = "Database";
  const { connections, mostConnections } = facts;
  const rows: (StatusRow | undefined)[] = [migrationRow(facts.migrations)];
  if (facts.versionNumber < leastDatabase)
    rows.push(
      down(
        part,
        `PostgreSQL ${facts.version} is too old: 15 is the least, 16 is what this was made with`,
        "A backup, a PostgreSQL 16, and restore (docs/backup.md)",
      ),
    );
  if (facts.readOnly) rows.push(down(part, "DATABASE_URL is a copy, or takes no writes", "Name the primary in DATABASE_URL"));
  if (!facts.durable)
    rows.push(
      down(
        part,
        "PostgreSQL runs with fsync or full_page_writes off: a loss of power loses accepted jobs, or all of it",
        "Set both to on in postgresql.conf",
      ),
    );
  if (connections >= 0.9 * mostConnections)
    rows.push(
      info(
        part,
        `${connections} of ${mostConnections} connections are used`,
        "max_connections = 200 in postgresql.conf, or fewer servers and workers: each takes up to 12",
      ),
    );
  rows.push(clockRow(facts.aheadMs, "the database"));
  return rows.filter((row) => row !== undefined);
}
