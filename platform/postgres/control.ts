/** What a person does to a job of theirs: cancel it, start it again, tell it something while it runs. */
import { Failure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { JobStore } from "../../core/ports/job-store.ts";
import { type Change, changeJob } from "./change.ts";
import { newRow } from "./deliveries.ts";
import { unmet, waitsNote } from "./needs.ts";
import { toJob } from "./rows.ts";
import { deliveries } from "./schema.ts";
import type { Db, Later, Tx } from "./transact.ts";

export function control(db: Db): Pick<JobStore, "cancel" | "retry" | "order"> {
  const ownChange = (
    principal: string,
    id: string,
    work: (change: Change, tx: Tx, later: Later) => Partial<Change["row"]> | Promise<Partial<Change["row"]>>,
  ): Promise<Job | undefined> =>
    changeJob(db, id, async (change, tx, later) => {
      if (change.row.principal !== principal) return undefined;
      const columns = await work(change, tx, later);
      return toJob({ ...change.row, ...columns });
    });

  return {
    cancel: (principal, id) =>
      ownChange(principal, id, (change) => {
        const { row, now } = change;
        if (row.state === "queued") {
          change.move("canceled");
          const columns = { state: "canceled", finishedAt: now, blocked: false } as const;
          change.set(columns);
          return columns;
        }
        if (row.state !== "running") return {};
        change.move("canceling");
        return { state: "canceling" };
      }),

    retry: (principal, id, delivery) =>
      ownChange(principal, id, async (change, tx, later) => {
        const { row, now } = change;
        if (row.state !== "failed" && row.state !== "canceled")
          throw new Failure(
            "conflict",
            row.state === "succeeded"
              ? `Job ${id} has succeeded. reroll_job makes another one like it.`
              : `Job ${id} is ${row.state}; only a failed or canceled job can be retried.`,
          );
        const waitsFor = row.needs ? await unmet(tx, principal, row.needs) : [];
        const columns = {
          state: "queued",
          blocked: waitsFor.length > 0,
          order: null,
          tries: 0,
          error: null,
          progress: null,
          finishedAt: null,
          startedAt: null,
          queuedAt: now,
        } as const;
        change.move("queued", { note: waitsFor.length > 0 ? `Started again. ${waitsNote(waitsFor)}` : "Started again." });
        change.set(columns);
        if (delivery)
          later(
            tx
              .insert(deliveries)
              .values(newRow({ ...delivery, principal, job: id }))
              .onConflictDoNothing(),
          );
        return columns;
      }),

    order: (principal, id, name) =>
      ownChange(principal, id, ({ row, set }) => {
        if (row.state !== "running")
          throw new Failure(
            "conflict",
            `Job ${id} is ${row.state}; only one that runs can be told to ${name}. job_status shows when it does.`,
          );
        const columns = { order: { name, number: (row.order?.number ?? 0) + 1 } };
        set(columns);
        return columns;
      }),
  };
}
