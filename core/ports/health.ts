/** What a database and a Redis tell of themselves, so that a person can be told what is wrong with them. */

export interface RedisHealth {
  /** Of Redis; a Valkey gives the Redis that it is compatible with. */
  version: string;
  /** `maxmemory-policy`. */
  eviction: string;
  /** Bytes; 0 = as much as the machine has. */
  maxmemory: number;
  used: number;
  appendonly: boolean;
  /** Whether its last write to the disk failed: it may refuse to take anything since. */
  writeFailed: boolean;
  /** True on a copy that takes no writes. */
  replica: boolean;
  /** Milliseconds that our clock is ahead of its clock. */
  aheadMs: number;
}

/** How far a database is, next to what this program brings. */
export interface MigrationHealth {
  /** Ours that it lacks, behind the last one that it has: the next start makes them. */
  waiting: number;
  /** Ours that it lacks before the last one that it has. */
  gaps: number;
  /** Those that it has and this program does not know. */
  unknown: number;
  /** Whether tables of ours are there without any record of how they came. */
  unrecorded: boolean;
  /** Seconds that one has been running for, or waited for; absent where none does. */
  runningSeconds?: number;
}

export interface DatabaseHealth {
  /** Such as 160014. */
  versionNumber: number;
  version: string;
  /** Connections of clients now, and how many there may be of people without special rights. */
  connections: number;
  mostConnections: number;
  /** Milliseconds that our clock is ahead of its clock. */
  aheadMs: number;
  /** True on a copy, or where everything is refused that writes. */
  readOnly: boolean;
  /** False where what was accepted may be gone after a loss of power. */
  durable: boolean;
  migrations: MigrationHealth;
}
