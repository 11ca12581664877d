/** Artifacts, settings and plans on PostgreSQL. */
import { and, desc, eq, inArray } from "drizzle-orm";
import type { ArtifactStore } from "../../core/ports/job-store.ts";
import type { Plans, Settings } from "../../core/ports/stores.ts";
import { notice } from "./change.ts";
import { isWhole, toArtifact } from "./rows.ts";
import { artifacts, jobs, plans, settings } from "./schema.ts";
import { type Db, transact } from "./transact.ts";

export function artifactStore(db: Db): ArtifactStore {
  return {
    async get(principal, id) {
      const [row] = await db
        .select()
        .from(artifacts)
        .where(and(eq(artifacts.id, id), eq(artifacts.principal, principal)));
      return row ? toArtifact(row) : undefined;
    },
    async owner(id) {
      const [row] = await db.select({ principal: artifacts.principal }).from(artifacts).where(eq(artifacts.id, id));
      return row?.principal;
    },
    async addUpload(artifact) {
      await db.insert(artifacts).values(artifact);
    },
    async remove(principal, ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .delete(artifacts)
        .where(and(eq(artifacts.principal, principal), inArray(artifacts.id, [...ids])))
        .returning({ storageKey: artifacts.storageKey });
      return rows.map(({ storageKey }) => storageKey);
    },
    async list(principal, { conversation, sha256, limit = 50 }) {
      const rows = await db
        .select({ artifact: artifacts })
        .from(artifacts)
        .leftJoin(jobs, eq(jobs.id, artifacts.job))
        .where(
          and(
            eq(artifacts.principal, principal),
            isWhole,
            // the job's principal is the same; said, so that its index serves
            conversation ? and(eq(jobs.principal, principal), eq(jobs.conversation, conversation)) : undefined,
            sha256 ? eq(artifacts.sha256, sha256) : undefined,
          ),
        )
        .orderBy(desc(artifacts.number))
        .limit(Math.min(500, Math.max(1, limit)));
      return rows.map((row) => toArtifact(row.artifact));
    },
    async isReferenced(storageKey) {
      const rows = await db.select({ id: artifacts.id }).from(artifacts).where(eq(artifacts.storageKey, storageKey)).limit(1);
      return rows.length > 0;
    },
  };
}

export function settingsStore(db: Db): Settings {
  const get: Settings["get"] = async (name) => {
    const [row] = await db.select().from(settings).where(eq(settings.name, name));
    return row ? row.value : undefined;
  };
  return {
    get,
    async keep(name, value) {
      await db.insert(settings).values({ name, value }).onConflictDoNothing();
      return (await get(name)) ?? value;
    },
    async set(name, value) {
      await transact(db, async (tx, later) => {
        later(tx.insert(settings).values({ name, value }).onConflictDoUpdate({ target: settings.name, set: { value } }));
        later(notice({ type: "settings", name }));
      });
    },
  };
}

export function planStore(db: Db): Plans {
  const find: Plans["find"] = async (conversation, message) => {
    const [row] = await db
      .select({ plan: plans.plan })
      .from(plans)
      .where(and(eq(plans.conversation, conversation), eq(plans.message, message)));
    return row?.plan;
  };
  return {
    find,
    async keep(principal, conversation, message, plan) {
      await db.insert(plans).values({ principal, conversation, message, plan, createdAt: new Date() }).onConflictDoNothing();
      return (await find(conversation, message)) ?? plan;
    },
  };
}
