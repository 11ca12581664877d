/** Access keys on PostgreSQL. */
import { desc, eq, sql } from "drizzle-orm";
import type { AccessKeyStore } from "../../core/ports/access.ts";
import { storable } from "./columns.ts";
import { accessKeys } from "./schema.ts";
import { type Db, transact } from "./transact.ts";

/** Any number, the same in every process: the first key is made by one of them. */
const firstKeyLock = 7_424_202;

const { hash: _secret, ...shown } = {
  id: accessKeys.id,
  name: accessKeys.name,
  principal: accessKeys.principal,
  scopes: accessKeys.scopes,
  createdAt: accessKeys.createdAt,
  lastUsedAt: accessKeys.lastUsedAt,
  revokedAt: accessKeys.revokedAt,
  hash: accessKeys.hash,
};

/** Columns that are null are fields that are absent. */
function present<T extends { lastUsedAt: Date | null; revokedAt: Date | null }>({ lastUsedAt, revokedAt, ...row }: T) {
  return { ...row, ...(lastUsedAt ? { lastUsedAt } : {}), ...(revokedAt ? { revokedAt } : {}) };
}

export function accessKeyStore(db: Db): AccessKeyStore {
  // built once: every request with a key asks it
  const byId = db
    .select()
    .from(accessKeys)
    .where(eq(accessKeys.id, sql.placeholder("id")))
    .prepare("access_key");
  return {
    async add(key) {
      await db.insert(accessKeys).values(key);
    },
    async addFirst(key) {
      return transact(db, async (tx, later) => {
        await tx.execute(sql`select pg_advisory_xact_lock(${firstKeyLock})`);
        const [known] = await tx.select({ id: accessKeys.id }).from(accessKeys).limit(1);
        if (known) return false;
        later(tx.insert(accessKeys).values(key));
        return true;
      });
    },
    async find(id) {
      const [row] = await byId.execute({ id: storable(id) });
      return row ? present(row) : undefined;
    },
    async list() {
      const rows = await db.select(shown).from(accessKeys).orderBy(desc(accessKeys.createdAt), desc(accessKeys.id));
      return rows.map(present);
    },
    async revoke(id, at) {
      const [row] = await db
        .update(accessKeys)
        .set({ revokedAt: sql`coalesce(${accessKeys.revokedAt}, ${at.toISOString()}::timestamptz)` })
        .where(eq(accessKeys.id, id))
        .returning(shown);
      return row ? present(row) : undefined;
    },
    async used(id, at) {
      await db.update(accessKeys).set({ lastUsedAt: at }).where(eq(accessKeys.id, id));
    },
  };
}
