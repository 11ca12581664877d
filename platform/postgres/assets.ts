/** Assets on PostgreSQL: a principal's names are given out one after the other. */
import { and, desc, eq, ne, or, sql } from "drizzle-orm";
import { type Asset, type AssetDraft, nameKey } from "../../core/asset.ts";
import { Failure } from "../../core/failure.ts";
import type { AssetStore } from "../../core/ports/asset-store.ts";
import { storable } from "./columns.ts";
import { toAsset } from "./rows.ts";
import { assets } from "./schema.ts";
import { type Db, type Later, type Tx, transact } from "./transact.ts";

/** Any number, so that these locks meet no others. */
const nameLock = 7_424_204;

/** Characters of a name. */
const longest = 60;

const lockNames = (tx: Tx, principal: string) =>
  tx.execute(sql`select pg_advisory_xact_lock(${nameLock}, hashtext(${storable(principal)}))`);

/** `biscuit`, else `biscuit 2`, `biscuit 3`: the first that is not among the keys. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const ending = count === 1 ? "" : ` ${count}`;
    const candidate = `${[...name]
      .slice(0, longest - ending.length)
      .join("")
      .trimEnd()}${ending}`;
    if (!taken.has(nameKey(candidate))) return candidate;
  }
}

/** Within the commit of the job's result, under the next free name where its own was taken meanwhile: what was made must not be lost for its name. */
export async function addAsset(tx: Tx, later: Later, draft: AssetDraft & Pick<Asset, "principal" | "job" | "createdAt">): Promise<void> {
  const { principal, kind } = draft;
  await lockNames(tx, principal);
  const rows = await tx
    .select({ key: assets.nameKey })
    .from(assets)
    .where(and(eq(assets.principal, principal), eq(assets.kind, kind)));
  const name = freeName(draft.name, new Set(rows.map(({ key }) => key)));
  later(tx.insert(assets).values({ ...draft, name, nameKey: nameKey(name), updatedAt: draft.createdAt }));
}

export function assetStore(db: Db): AssetStore {
  const own = (principal: string, id: string) => and(eq(assets.id, id), eq(assets.principal, principal));

  return {
    async find(principal, kind, ref) {
      const [row] = await db
        .select()
        .from(assets)
        .where(
          and(
            eq(assets.principal, principal),
            kind === undefined ? undefined : eq(assets.kind, kind),
            or(eq(assets.id, ref), eq(assets.nameKey, nameKey(ref))),
          ),
        )
        // an asset may be named like another's id
        .orderBy(desc(eq(assets.id, ref)), desc(assets.number))
        .limit(1);
      return row && toAsset(row);
    },

    async list(principal, { kind, limit = 200 } = {}) {
      const rows = await db
        .select()
        .from(assets)
        .where(and(eq(assets.principal, principal), kind === undefined ? undefined : eq(assets.kind, kind)))
        .orderBy(desc(assets.number))
        .limit(Math.min(1000, Math.max(1, limit)));
      return rows.map(toAsset);
    },

    rename: (principal, id, name) =>
      transact(db, async (tx, later) => {
        await lockNames(tx, principal);
        const [row] = await tx.select().from(assets).where(own(principal, id)).for("update");
        if (!row) return undefined;
        const key = nameKey(name);
        const [other] = await tx
          .select({ name: assets.name })
          .from(assets)
          .where(and(eq(assets.principal, principal), eq(assets.kind, row.kind), eq(assets.nameKey, key), ne(assets.id, id)));
        if (other)
          throw new Failure("conflict", `You have another ${row.kind} "${other.name}". Choose another name, or rename that one first.`);
        const columns = { name, nameKey: key, updatedAt: new Date() };
        later(tx.update(assets).set(columns).where(own(principal, id)));
        return toAsset({ ...row, ...columns });
      }),

    edit: (principal, id, change) =>
      transact(db, async (tx) => {
        const [row] = await tx.select().from(assets).where(own(principal, id)).for("update");
        const details = row && change(row.details);
        if (!details) return undefined;
        const columns = { details, updatedAt: new Date() };
        const [edited] = await tx.update(assets).set(columns).where(own(principal, id)).returning();
        return edited && toAsset(edited);
      }),

    async remove(principal, id) {
      const rows = await db.delete(assets).where(own(principal, id)).returning({ id: assets.id });
      return rows.length > 0;
    },

    async everyLora() {
      const rows = await db.select().from(assets).where(eq(assets.kind, "lora")).orderBy(desc(assets.number));
      return rows.map(toAsset);
    },
  };
}
