/** Approvals on PostgreSQL: one live question about the same, one answer, one use; each a compare-and-set under the row's lock. */
import { and, desc, eq, gt, inArray, sql } from "drizzle-orm";
import type { Approval, ApprovalCall, ApprovalState } from "../../core/approval.ts";
import { Failure } from "../../core/failure.ts";
import type { ApprovalRef, ApprovalStore } from "../../core/ports/approval-store.ts";
import { storableJson } from "./columns.ts";
import { approvals } from "./schema.ts";
import { type Db, type Later, type Tx, transact } from "./transact.ts";

type Row = typeof approvals.$inferSelect;

/** Any number, so that these locks meet no others. */
const askLock = 7_424_203;

const live = ["open", "approved"] as const satisfies readonly ApprovalState[];

/** What is over by the clock needs no sweep to be over. */
function toApproval({ number: _number, answer, state, ...row }: Row, now = new Date()): Approval {
  const over = (live as readonly ApprovalState[]).includes(state) && row.expiresAt <= now;
  return { ...row, state: over ? "expired" : state, ...(answer ? { answer: { ...answer, at: new Date(answer.at) } } : {}) };
}

async function locked(tx: Tx, id: string, principal?: string): Promise<Approval | undefined> {
  const [row] = await tx
    .select()
    .from(approvals)
    .where(and(eq(approvals.id, id), principal === undefined ? undefined : eq(approvals.principal, principal)))
    .for("update");
  return row && toApproval(row);
}

/** @returns who has the call now: `by`, or whoever was before. Failure `conflict` where there is no yes to use. */
export async function useApproval(tx: Tx, later: Later, principal: string, { id, call }: ApprovalRef, by: string): Promise<string> {
  const approval = await locked(tx, id, principal);
  const asked = approval?.calls[call];
  if (asked?.used !== undefined) return asked.used;
  if (approval?.state !== "approved" || asked === undefined)
    throw new Failure("conflict", "The yes to this was taken back, or is over. Ask for the same thing again.");
  const calls: ApprovalCall[] = approval.calls.map((each, index) => (index === call ? { ...each, used: by } : each));
  const state: ApprovalState = calls.every(({ why, used }) => why === undefined || used !== undefined) ? "used" : "approved";
  later(tx.update(approvals).set({ calls, state }).where(eq(approvals.id, id)));
  return by;
}

export function approvalStore(db: Db): ApprovalStore {
  const about = (principal: string, what: string, states: readonly ApprovalState[]) =>
    and(eq(approvals.principal, principal), eq(approvals.about, what), inArray(approvals.state, [...states]));

  return {
    async ask(approval, mostOpen) {
      return transact(db, async (tx, later) => {
        // one principal's questions one after the other: else two about the same would both be the first
        await tx.execute(sql`select pg_advisory_xact_lock(${askLock}, hashtext(${approval.principal}))`);
        const { principal, createdAt, origin } = approval;
        const states = origin.message === undefined ? live : ([...live, "used", "declined"] as const);
        const [known] = await tx
          .select()
          .from(approvals)
          .where(about(principal, approval.about, states))
          .orderBy(desc(approvals.number))
          .limit(1)
          .for("update");
        if (known && known.expiresAt > createdAt) return toApproval(known, createdAt);
        if (known?.state === "open" || known?.state === "approved")
          await tx.update(approvals).set({ state: "expired" }).where(eq(approvals.id, known.id));
        const [count] = await tx
          .select({ open: sql<number>`count(*)::int` })
          .from(approvals)
          .where(and(eq(approvals.principal, principal), eq(approvals.state, "open"), gt(approvals.expiresAt, createdAt)));
        if ((count?.open ?? 0) >= mostOpen)
          throw new Failure(
            "limit_exceeded",
            `${mostOpen} questions to you are open already. Answer some of them (GET /v1/approvals lists them), or wait: each is over after a day.`,
            { retryable: true },
          );
        const { answer: _none, ...columns } = approval;
        later(tx.insert(approvals).values({ ...columns, fields: [...columns.fields] }));
        return { ...approval, calls: storableJson(approval.calls) };
      });
    },

    async live(principal, what) {
      const [row] = await db
        .select()
        .from(approvals)
        .where(and(about(principal, what, live), gt(approvals.expiresAt, new Date())));
      return row && toApproval(row);
    },

    async get(id) {
      const [row] = await db.select().from(approvals).where(eq(approvals.id, id));
      return row && toApproval(row);
    },

    async list(principal, { open, limit }) {
      const rows = await db
        .select()
        .from(approvals)
        .where(
          and(eq(approvals.principal, principal), open ? and(eq(approvals.state, "open"), gt(approvals.expiresAt, new Date())) : undefined),
        )
        .orderBy(desc(approvals.number))
        .limit(limit);
      return rows.map((row) => toApproval(row));
    },

    async answer(id, yes, { at, ...said }) {
      return transact(db, async (tx, later) => {
        const approval = await locked(tx, id);
        if (!approval) return undefined;
        const unused = approval.state === "approved" && approval.calls.every(({ used }) => used === undefined);
        if (approval.state !== "open" && !(unused && !yes)) return { approval, changed: false };
        const state: ApprovalState = yes ? "approved" : "declined";
        later(
          tx
            .update(approvals)
            .set({ state, answer: { ...said, at: at.toISOString() } })
            .where(eq(approvals.id, id)),
        );
        return { approval: { ...approval, state, answer: { ...said, at } }, changed: true };
      });
    },

    async expire(id) {
      await db
        .update(approvals)
        .set({ state: "expired" })
        .where(and(eq(approvals.id, id), inArray(approvals.state, [...live])));
    },

    use: (principal, ref, by) => transact(db, (tx, later) => useApproval(tx, later, principal, ref, by)),
  };
}
