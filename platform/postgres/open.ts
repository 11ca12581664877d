/** The database behind core's ports: opened, brought up to date, and closed as one. */
import { join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import type { BusMessage } from "../../core/event.ts";
import type { Log } from "../../core/log.ts";
import { packageRoot } from "../../core/package-root.ts";
import type { AccessKeyStore } from "../../core/ports/access.ts";
import type { ApprovalStore } from "../../core/ports/approval-store.ts";
import type { AssetStore } from "../../core/ports/asset-store.ts";
import type { CardLedger } from "../../core/ports/card.ts";
import type { DeliveryStore } from "../../core/ports/delivery-store.ts";
import type { ArtifactStore, JobStore } from "../../core/ports/job-store.ts";
import type { LaneStore } from "../../core/ports/lanes.ts";
import type { Plans, Settings } from "../../core/ports/stores.ts";
import { acceptance } from "./accept.ts";
import { accessKeyStore } from "./access.ts";
import { approvalStore } from "./approvals.ts";
import { assetStore } from "./assets.ts";
import { attemptsOf } from "./attempts.ts";
import { cardLedger } from "./card.ts";
import { channel } from "./change.ts";
import { control } from "./control.ts";
import { deliveryStore } from "./deliveries.ts";
import { connectFailure, databaseFailure, guarded } from "./errors.ts";
import { laneStore } from "./lanes.ts";
import { type Listening, listen } from "./listen.ts";
import { migrationLock } from "./migration-lock.ts";
import { named } from "./named.ts";
import { needsOf } from "./needs.ts";
import { reads } from "./reads.ts";
import { artifactStore, planStore, settingsStore } from "./stores.ts";

export interface Database {
  readonly pool: pg.Pool;
  readonly jobs: JobStore;
  readonly artifacts: ArtifactStore;
  readonly assets: AssetStore;
  readonly settings: Settings;
  readonly plans: Plans;
  readonly accessKeys: AccessKeyStore;
  readonly deliveries: DeliveryStore;
  readonly approvals: ApprovalStore;
  readonly card: CardLedger;
  readonly lanes: LaneStore;
  listen(onMessage: (message: BusMessage) => void, onGap: () => void): Promise<Listening>;
  /** For what is ephemeral, in an installation of several processes without Redis. Never throws; what is too long for PostgreSQL is dropped. */
  notify(message: BusMessage): void;
  ping(): Promise<void>;
  close(): Promise<void>;
}

async function bringUpToDate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query("select pg_advisory_lock($1)", [migrationLock]);
    try {
      await migrate(drizzle(client), {
        migrationsFolder: join(packageRoot(), "platform/postgres/migrations"),
        migrationsSchema: "public",
        migrationsTable: "migrations",
      });
    } finally {
      await client.query("select pg_advisory_unlock($1)", [migrationLock]).catch(() => undefined);
    }
    broken = false;
  } finally {
    client.release(broken);
  }
}

/** Failure `database_unavailable` when it cannot be reached, `config` when it refuses us. `poolMax` is the number of connections besides those of LISTEN. Default 10. */
export async function openPostgres(options: { url: string; log: Log; poolMax?: number; migrate?: boolean }): Promise<Database> {
  const { url, log } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolMax ?? 10,
    application_name: "myspinbot",
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // statements need not wait for each other's answers: see transact.ts
    pipeline: true,
  });
  // a connection that breaks is replaced by the next query; without a listener it would end the process, be it idle or in a transaction
  pool.on("error", (error) => log.warn({ err: error }, "a database connection was lost"));
  pool.on("connect", (client) => client.on("error", (error) => log.debug({ err: error }, "a database connection ended")));
  try {
    if (options.migrate !== false) await bringUpToDate(pool);
  } catch (error) {
    await pool.end().catch(() => undefined);
    throw connectFailure(error);
  }
  const db = drizzle(named(pool));
  let notified = Promise.resolve();
  let notifying = 0;
  return {
    pool,
    jobs: guarded<JobStore>({ ...acceptance(db), ...attemptsOf(db), ...reads(db), ...control(db), ...needsOf(db) }),
    artifacts: guarded(artifactStore(db)),
    assets: guarded(assetStore(db)),
    settings: guarded(settingsStore(db)),
    plans: guarded(planStore(db)),
    accessKeys: guarded(accessKeyStore(db)),
    deliveries: guarded(deliveryStore(db)),
    approvals: guarded(approvalStore(db)),
    card: guarded(cardLedger(db)),
    lanes: guarded(laneStore(db)),
    listen: (onMessage, onGap) => listen(url, log, onMessage, onGap),
    notify(message) {
      const text = JSON.stringify(message);
      if (Buffer.byteLength(text) >= 7500 || notifying >= 100) return;
      notifying++;
      // one after another: on two connections a later one may overtake, and progress would go backwards
      notified = notified.then(async () => {
        await pool.query("select pg_notify($1, $2)", [channel, text]).catch(() => undefined);
        notifying--;
      });
    },
    async ping() {
      try {
        await pool.query("select 1");
      } catch (error) {
        throw databaseFailure(error);
      }
    },
    close: () => pool.end(),
  };
}
