/** The stores: PostgreSQL, Redis, and where files lie. */
import { bars, lines, type Section, stat, upWords } from "./panel.ts";

const noPostgres = "no exporter";
const noRedis = "no Redis";
const noMinio = "no MinIO";

const database: Section = {
  title: "Database",
  panels: [
    stat("Database", "Whether every process of the studio reaches it.", "min(myspinbot_database_up)", {
      unit: "none",
      words: upWords,
      nothing: "no answer",
    }),
    stat("Its exporter", "Whether the exporter reaches it.", "min(pg_up)", { unit: "none", words: upWords, nothing: noPostgres }),
    stat("Size", "Of all databases of the server.", "sum(pg_database_size_bytes)", { unit: "bytes", calm: "blue", nothing: noPostgres }),
    stat("Connections", "Share of those that the server allows.", "sum(pg_stat_activity_count) / max(pg_settings_max_connections)", {
      ...{ unit: "percentunit", decimals: 0, nothing: noPostgres },
      limits: [
        [0.7, "orange"],
        [0.9, "red"],
      ],
    }),
    stat(
      "From memory",
      "Share of blocks that were read without the disk in the last hour.",
      "sum(increase(pg_stat_database_blks_hit[1h])) / (sum(increase(pg_stat_database_blks_hit[1h])) + sum(increase(pg_stat_database_blks_read[1h])))",
      {
        ...{ unit: "percentunit", decimals: 1, calm: "orange", limits: [[0.9, "green"]], nothing: noPostgres },
      },
    ),
    stat(
      "Deadlocks",
      "In the last day. PostgreSQL ends one of the two; the studio tries it again.",
      "sum(increase(pg_stat_database_deadlocks[24h]))",
      {
        ...{ unit: "none", decimals: 0, limits: [[5, "orange"]], nothing: noPostgres },
      },
    ),
    lines(
      "Transactions",
      "Each second, by database.",
      [{ expr: 'sum by (datname) (rate(pg_stat_database_xact_commit{datname!~"template.*|"}[5m]))', legend: "{{datname}}" }],
      {
        ...{ unit: "ops", min: 0, width: 8, nothing: noPostgres },
      },
    ),
    lines(
      "Connections by state",
      "Idle in a transaction for long is a fault.",
      [{ expr: "sum by (state) (pg_stat_activity_count) > 0", legend: "{{state}}" }],
      {
        ...{ unit: "none", style: "stack", min: 0, decimals: 0, width: 8, nothing: noPostgres },
      },
    ),
    lines("Longest transaction", "By state.", [{ expr: "max by (state) (pg_stat_activity_max_tx_duration) > 0", legend: "{{state}}" }], {
      ...{ unit: "s", min: 0, width: 8, limits: [[300, "orange"]], nothing: "none" },
    }),
  ],
};

const redis: Section = {
  title: "Redis",
  panels: [
    stat("Redis", "Whether its exporter reaches it. Without Redis the queue lies in PostgreSQL.", "min(redis_up)", {
      unit: "none",
      words: upWords,
      nothing: noRedis,
    }),
    stat("Memory", "In use.", "max(redis_memory_used_bytes)", { unit: "bytes", calm: "blue", nothing: noRedis }),
    stat(
      "Of its limit",
      "At the limit it refuses work, and nothing is thrown away.",
      "max(redis_memory_used_bytes / (redis_memory_max_bytes > 0))",
      {
        ...{ unit: "percentunit", decimals: 0, nothing: "no limit" },
        limits: [
          [0.75, "orange"],
          [0.9, "red"],
        ],
      },
    ),
    stat(
      "Thrown away",
      "Keys that it evicted in the last day. Any is a wrong setting: maxmemory-policy must be noeviction.",
      "sum(increase(redis_evicted_keys_total[24h]))",
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "red"]], nothing: noRedis },
      },
    ),
    stat("Log on disk", "Whether the last write of its append-only file went well.", "min(redis_aof_last_write_status)", {
      ...{ unit: "none", words: { 0: ["failed", "red"], 1: ["written", "green"] }, nothing: noRedis },
    }),
    stat("Clients", "That are connected.", "max(redis_connected_clients)", { unit: "none", decimals: 0, calm: "blue", nothing: noRedis }),
    lines("Commands", "Each second.", [{ expr: "sum(rate(redis_commands_processed_total[5m]))", legend: "commands" }], {
      unit: "ops",
      min: 0,
      nothing: noRedis,
    }),
    lines("Keys", "By database.", [{ expr: "max by (db) (redis_db_keys) > 0", legend: "{{db}}" }], {
      unit: "none",
      min: 0,
      decimals: 0,
      nothing: noRedis,
    }),
  ],
};

const files: Section = {
  title: "Files",
  panels: [
    stat("Storage", "Whether every process could store and read a small file.", "min(myspinbot_storage_up)", {
      unit: "none",
      words: upWords,
      nothing: "no answer",
    }),
    stat("Free", "In the store, by its own account.", "min(minio_cluster_capacity_usable_free_bytes)", {
      ...{ unit: "bytes", calm: "red", nothing: noMinio },
      limits: [
        [20e9, "orange"],
        [100e9, "green"],
      ],
    }),
    stat("Health", "As the store tells it.", "min(minio_cluster_health_status)", { unit: "none", words: upWords, nothing: noMinio }),
    bars(
      "Stored by buckets",
      "Bytes, as the store last counted them.",
      [{ expr: "max by (bucket) (minio_bucket_usage_total_bytes)", legend: "{{bucket}}" }],
      {
        ...{ unit: "bytes", calm: "blue", width: 12, height: 4, nothing: noMinio },
      },
    ),
    lines("Requests", "To the store, each second.", [{ expr: "sum by (api) (rate(minio_s3_requests_total[5m]))", legend: "{{api}}" }], {
      ...{ unit: "reqps", min: 0, width: 8, nothing: noMinio },
    }),
    lines(
      "Errors",
      "Answers of the store that say it failed, each second.",
      [{ expr: "sum by (api) (rate(minio_s3_requests_5xx_errors_total[5m]))", legend: "{{api}}" }],
      {
        ...{ unit: "reqps", min: 0, width: 8, nothing: "none" },
      },
    ),
    lines(
      "Bytes published",
      "By kind, each second.",
      [{ expr: "sum by (kind) (rate(myspinbot_artifact_bytes_total[5m]))", legend: "{{kind}}" }],
      {
        ...{ unit: "Bps", min: 0, width: 8 },
      },
    ),
  ],
};

export const stores: readonly Section[] = [database, redis, files];
