/** What a person does to a job of theirs: cancel it, start it again. */
import { Failure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { JobStore } from "../../core/ports/job-store.ts";
import { type Change, changeJob } from "./change.ts";
import { newRow } from "./deliveries.ts";
import { toJob } from "./rows.ts";
import { deliveries } from "./schema.ts";
import type { Db, Later, Tx } from "./transact.ts";

export function control(db: Db): Pick<JobStore, "cancel" | "retry"> {
  const ownChange = (
    principal: string,
    id: string,
    work: (change: Change, tx: Tx, later: Later) => Partial<Change["row"]>,
  ): Promise<Job | undefined> =>
    changeJob(db, id, async (change, tx, later) => {
      if (change.row.principal !== principal) return undefined;
      const columns = work(change, tx, later);
      return toJob({ ...change.row, ...columns });
    });

  return {
    cancel: (principal, id) =>
      ownChange(principal, id, (change) => {
        const { row, now } = change;
        if (row.state === "queued") {
          change.move("canceled");
          change.set({ finishedAt: now });
          return { state: "canceled", finishedAt: now };
        }
        if (row.state !== "running") return {};
        change.move("canceling");
        return { state: "canceling" };
      }),

    retry: (principal, id, delivery) =>
      ownChange(principal, id, (change, tx, later) => {
        const { row, now } = change;
        if (row.state !== "failed" && row.state !== "canceled")
          throw new Failure(
            "conflict",
            row.state === "succeeded"
              ? `Job ${id} has succeeded. reroll_job makes another one like it.`
              : `Job ${id} is ${row.state}; only a failed or canceled job can be retried.`,
          );
        const columns = {
          state: "queued",
          tries: 0,
          error: null,
          progress: null,
          finishedAt: null,
          startedAt: null,
          queuedAt: now,
        } as const;
        change.move("queued", { note: "Started again." });
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
  };
}
