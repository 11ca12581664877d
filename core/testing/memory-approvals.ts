/** Approvals in memory, for tests of what stands on their store; it keeps the same contract as PostgreSQL. */
import type { Approval, ApprovalState } from "../approval.ts";
import { Failure } from "../failure.ts";
import type { ApprovalStore } from "../ports/approval-store.ts";

export function memoryApprovals(): ApprovalStore & { rows: Approval[] } {
  const rows: Approval[] = [];
  const isLive = ({ state, expiresAt }: Approval, now = new Date()) => (state === "open" || state === "approved") && expiresAt > now;
  const shown = (row: Approval): Approval => {
    const over = (row.state === "open" || row.state === "approved") && !isLive(row);
    return structuredClone({ ...row, state: over ? ("expired" as const) : row.state });
  };
  const find = (id: string) => rows.find((row) => row.id === id);
  const live = (principal: string, about: string, now?: Date) =>
    rows.find((row) => row.principal === principal && row.about === about && isLive(row, now));
  return {
    rows,
    async ask(approval, mostOpen) {
      const { principal, about, createdAt, origin } = approval;
      const settled = rows.findLast(
        (row) =>
          row.principal === principal &&
          row.about === about &&
          row.expiresAt > createdAt &&
          (row.state === "used" || row.state === "declined"),
      );
      const known = live(principal, about, createdAt) ?? (origin.message === undefined ? undefined : settled);
      if (known) return shown(known);
      const open = rows.filter((row) => row.principal === approval.principal && row.state === "open" && isLive(row, approval.createdAt));
      if (open.length >= mostOpen) throw new Failure("limit_exceeded", `${mostOpen} questions are open.`, { retryable: true });
      rows.push(structuredClone(approval));
      return approval;
    },
    async live(principal, about) {
      const row = live(principal, about);
      return row && shown(row);
    },
    async get(id) {
      const row = find(id);
      return row && shown(row);
    },
    async list(principal, { open, limit }) {
      const theirs = rows.filter((row) => row.principal === principal && (!open || (row.state === "open" && isLive(row))));
      return theirs.reverse().slice(0, limit).map(shown);
    },
    async answer(id, yes, answer) {
      const row = find(id);
      if (!row) return undefined;
      const { state, calls } = shown(row);
      const unused = state === "approved" && calls.every(({ used }) => used === undefined);
      if (state !== "open" && !(unused && !yes)) return { approval: shown(row), changed: false };
      const next: ApprovalState = yes ? "approved" : "declined";
      Object.assign(row, { state: next, answer });
      return { approval: shown(row), changed: true };
    },
    async expire(id) {
      const row = find(id);
      if (row && (row.state === "open" || row.state === "approved")) row.state = "expired";
    },
    async use(principal, { id, call }, by) {
      const row = find(id);
      const asked = row?.principal === principal ? row.calls[call] : undefined;
      if (asked?.used !== undefined) return asked.used;
      if (!row || !asked || shown(row).state !== "approved")
        throw new Failure("conflict", "The yes to this was taken back, or is over. Ask for the same thing again.");
      asked.used = by;
      if (row.calls.every(({ why, used }) => why === undefined || used !== undefined)) row.state = "used";
      return by;
    },
  };
}
