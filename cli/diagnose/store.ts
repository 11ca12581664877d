/** A store that does not answer: where it was looked for and what brings it back. Its failure was written for those who do not look at this table. */
import type { StatusRow } from "../../core/client.ts";
import type { Failure } from "../../core/failure.ts";
import { ownAddress } from "./rows.ts";
import { type Stack, storeFix } from "./stack.ts";

export interface StoreAddresses {
  databaseUrl?: string;
  redisUrl?: string;
  s3?: { endpoint: string };
}

const silent = new Set(["database_unavailable", "queue_unavailable", "storage_unavailable", "timeout"]);

const programs: Record<string, { name: string; setting: string; of(addresses: StoreAddresses): string | undefined }> = {
  Database: { name: "PostgreSQL", setting: "DATABASE_URL", of: ({ databaseUrl }) => databaseUrl },
  Queue: { name: "Redis", setting: "REDIS_URL", of: ({ redisUrl }) => redisUrl },
  Files: { name: "The S3 server", setting: "S3_ENDPOINT", of: ({ s3 }) => s3?.endpoint },
};

/** @param failure why its check failed. One that refuses us (code `config`) says itself what helps. */
export function storeRow(
  part: string,
  failure: Failure,
  { addresses, container, stack }: { addresses: StoreAddresses; container: boolean; stack?: Stack | undefined },
): StatusRow {
  const row: StatusRow = { part, state: "down", what: failure.message };
  const program = programs[part];
  const address = program?.of(addresses);
  // an embedded one: its own words are the ones that help
  if (!program || address === undefined) return row;
  const { name, setting } = program;
  if (!silent.has(failure.code)) return ownAddress(row, setting, address, container);
  const at = URL.canParse(address) ? ` at ${new URL(address).host}` : "";
  // an S3 server has more ways to fail than silence
  const what = part === "Files" ? failure.message : `${name}${at} does not answer`;
  const fix = (stack && storeFix(stack, part)) ?? `Start ${name.replace("The", "the")}${at}, or correct ${setting}`;
  return ownAddress({ ...row, what, fix }, setting, address, container);
}
