/** What a Redis must be set to before jobs are trusted to it: it throws none away, and knows them again after a restart. */
import type { Redis } from "ioredis";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";

export interface RedisPolicy {
  /** `maxmemory-policy`; absent where the server does not tell: many hosted ones forbid CONFIG. */
  eviction?: string;
  /** Bytes; 0 = as much as the machine has. */
  maxmemory?: number;
  /** Whether it writes an append-only file. */
  appendonly?: boolean;
}

export async function redisPolicy(client: Pick<Redis, "config">): Promise<RedisPolicy> {
  const ask = async (name: string): Promise<string | undefined> => {
    try {
      const [, value] = (await client.config("GET", name)) as string[];
      return value;
    } catch {
      return undefined;
    }
  };
  const [eviction, maxmemory, appendonly] = await Promise.all(["maxmemory-policy", "maxmemory", "appendonly"].map(ask));
  return {
    ...(eviction !== undefined ? { eviction } : {}),
    ...(maxmemory !== undefined ? { maxmemory: Number(maxmemory) } : {}),
    ...(appendonly !== undefined ? { appendonly: appendonly === "yes" } : {}),
  };
}

const cure = "redis-cli config set maxmemory-policy noeviction, and the same line in its configuration file";

/**
 * An evicted key is a job that BullMQ no longer knows: its row survives, but it waits for the reconciler.
 * Failure `config` where the server has a limit and a policy that evicts, unless `unsafe`; the rest is a warning.
 */
export function judgePolicy({ eviction, maxmemory = 0, appendonly }: RedisPolicy, { log, unsafe }: { log: Log; unsafe: boolean }): void {
  if (eviction !== undefined && eviction !== "noeviction") {
    const what = `Redis may throw queued jobs away when its memory is full (maxmemory-policy ${eviction}${maxmemory > 0 ? `, maxmemory ${maxmemory} bytes` : ""}).`;
    if (maxmemory > 0 && !unsafe) throw new Failure("config", `${what} Set it: ${cure}. MYSPINBOT_REDIS_UNSAFE=yes starts in spite of it.`);
    log.warn({ policy: eviction, maxmemory }, `${what} Set it: ${cure}`);
  }
  if (appendonly === false)
    log.warn(
      {},
      "Redis keeps no append-only file: after its restart, waiting jobs are added again only by the next look (within half a minute). Set it: redis-cli config set appendonly yes",
    );
}
