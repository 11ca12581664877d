/** What every job store does for the person whose job it is, and refuses to anybody else. */
import { describe, expect, it } from "vitest";
import type { JobStore } from "../../../../core/ports/job-store.ts";
import { accepted, draft, failureOf, running, story, unique } from "../drafts.ts";

const boom = { type: "failed", error: { code: "engine_failed", message: "It failed.", retryable: true } } as const;

export function controlContract(store: () => JobStore): void {
  describe("cancel", () => {
    it("ends what waits at once, and asks what runs to stop", async () => {
      const me = unique("me");
      const waiting = await accepted(store(), me);
      expect(await store().cancel(me, waiting)).toMatchObject({ state: "canceled", finishedAt: expect.any(Date) });
      expect(await store().claim(waiting, "worker")).toBeUndefined();
      expect(await story(store(), waiting)).toEqual(["queued", "canceled"]);
      const runs = await running(store(), me);
      expect(await store().cancel(me, runs)).toMatchObject({ state: "canceling" });
      expect(await store().cancel(me, runs)).toMatchObject({ state: "canceling" });
      expect(await story(store(), runs)).toEqual(["queued", "running", "canceling"]);
    });

    it("changes nothing on what has ended, and exactly one job", async () => {
      const me = unique("me");
      const [done, failed, other] = [await running(store(), me), await running(store(), me), await running(store(), me)];
      await store().publish(done, 1, [draft(0)]);
      await store().settle(failed, 1, boom);
      expect(await store().cancel(me, done)).toMatchObject({ state: "succeeded" });
      expect(await store().cancel(me, failed)).toMatchObject({ state: "failed" });
      expect(await store().get(me, other)).toMatchObject({ state: "running" });
    });
  });

  describe("retry", () => {
    it("makes a failed or canceled job wait again, as a new attempt of the same job", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      await store().settle(id, 1, { type: "requeued", counts: true, note: "n" });
      await store().claim(id, "worker");
      await store().settle(id, 2, boom);
      const retried = await store().retry(me, id);
      expect(retried).toMatchObject({ id, state: "queued", tries: 0, attempt: 2 });
      expect(await store().get(me, id)).toEqual({ ...retried, artifacts: [] });
      for (const field of ["error", "startedAt", "finishedAt", "progress"]) expect(retried).not.toHaveProperty(field);
      expect((await store().claim(id, "worker"))?.job.attempt).toBe(3);
      await store().cancel(me, id);
      await store().settle(id, 3, { type: "canceled" });
      expect(await store().retry(me, id)).toMatchObject({ state: "queued" });
      await store().claim(id, "worker");
      expect(await store().publish(id, 4, [draft(0)])).toBe("published");
      expect(await story(store(), id)).toEqual(
        "queued running queued running failed queued running canceling canceled queued running artifact succeeded".split(" "),
      );
    });

    it("of any other state is a conflict that says what to do", async () => {
      const me = unique("me");
      const [waiting, runs, done] = [await accepted(store(), me), await running(store(), me), await running(store(), me)];
      await store().publish(done, 1, []);
      for (const [id, words] of [
        [waiting, "queued"],
        [runs, "running"],
        [done, "reroll_job"],
      ] as const) {
        const failure = await failureOf(store().retry(me, id));
        expect(failure.code).toBe("conflict");
        expect(failure.message).toContain(words);
      }
      await store().cancel(me, runs);
      expect((await failureOf(store().retry(me, runs))).message).toContain("canceling");
    });

    it("twice at once is one retry", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      await store().settle(id, 1, boom);
      const both = await Promise.allSettled([store().retry(me, id), store().retry(me, id)]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(await story(store(), id)).toEqual(["queued", "running", "failed", "queued"]);
    });
  });

  it("another principal's job is answered as an unknown one, and stays as it is", async () => {
    const [me, you] = [unique("me"), unique("you")];
    const runs = await running(store(), me, { key: "k" });
    const failed = await running(store(), me);
    await store().settle(failed, 1, boom);
    const before = await store().events(failed, 0);
    for (const id of [runs, failed, "job_0000000000000000"]) {
      expect(await store().get(you, id)).toBeUndefined();
      expect(await store().cancel(you, id)).toBeUndefined();
      expect(await store().retry(you, id)).toBeUndefined();
      expect(await store().list(you, { before: id })).toEqual([]);
    }
    expect(await store().list(you, {})).toEqual([]);
    expect(await store().get(me, runs)).toMatchObject({ state: "running" });
    expect(await store().events(failed, 0)).toEqual(before);
  });
}
