/** What every job store does for workers: the fence holds, and every effect happens once. */
import { describe, expect, it } from "vitest";
import type { JobStore, Outcome } from "../../../../core/ports/job-store.ts";
import { accepted, draft, running, story, unique } from "../drafts.ts";

const boom = { type: "failed", error: { code: "engine_failed", message: "It failed.", retryable: false } } as const satisfies Outcome;
const again = { type: "requeued", counts: true, note: "The engine does not answer." } as const satisfies Outcome;

export function attemptsContract(store: () => JobStore): void {
  describe("claim", () => {
    it("gives a number, and takes over what another worker has", async () => {
      const me = unique("me");
      const id = await accepted(store(), me);
      const first = await store().claim(id, "worker-1");
      expect(first).toMatchObject({ job: { id, state: "running", attempt: 1 }, previous: [] });
      expect(first?.job.startedAt).toBeInstanceOf(Date);
      expect(await store().setEngineRef(id, 1, "prompt-1")).toBe(true);
      const second = await store().claim(id, "worker-2");
      expect(second?.job.attempt).toBe(2);
      expect(second?.previous).toEqual([
        { number: 1, worker: "worker-1", startedAt: expect.any(Date), endedAt: expect.any(Date), outcome: "lost", engineRef: "prompt-1" },
      ]);
      expect(await store().get(me, id)).toMatchObject({ state: "running", attempt: 2 });
      const events = await store().events(id, 0);
      expect(events.at(-1)).toMatchObject({ type: "state", state: "running", attempt: 2, note: expect.stringMatching(/lost/) });
    });

    it("of 8 workers at once gives 8 numbers, and only the last may publish", async () => {
      const me = unique("me");
      const id = await accepted(store(), me);
      const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => store().claim(id, `worker-${index}`)));
      const numbers = claims.map((claim) => claim?.job.attempt ?? 0);
      expect([...numbers].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      const outcomes = await Promise.all(numbers.map(async (number) => [number, await store().publish(id, number, [draft(0)])] as const));
      for (const [number, outcome] of outcomes) expect(outcome).toBe(number === 8 ? "published" : "fenced");
      expect((await store().get(me, id))?.artifacts).toHaveLength(1);
    });

    it("finds nothing to do where a job has ended, and ends what was to be canceled", async () => {
      const me = unique("me");
      const done = await running(store(), me);
      await store().publish(done, 1, []);
      expect(await store().claim(done, "worker")).toBeUndefined();
      const stopping = await running(store(), me);
      await store().cancel(me, stopping);
      expect(await store().claim(stopping, "worker")).toBeUndefined();
      expect(await store().get(me, stopping)).toMatchObject({ state: "canceled", attempt: 1, finishedAt: expect.any(Date) });
      expect(await story(store(), stopping)).toEqual(["queued", "running", "canceling", "canceled"]);
    });
  });

  describe("publish", () => {
    it("writes artifacts, state and events as one", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      const drafts = [draft(1), draft(0, { name: "zwei \0.png" })];
      expect(await store().publish(id, 1, drafts)).toBe("published");
      const job = await store().get(me, id);
      expect(job).toMatchObject({ state: "succeeded", attempt: 1, finishedAt: expect.any(Date) });
      expect(job?.progress).toBeUndefined();
      expect(job?.artifacts).toMatchObject([
        { ...drafts[1], name: "zwei \ufffd.png", principal: me, job: id, attempt: 1 },
        { ...drafts[0], principal: me, job: id, attempt: 1 },
      ]);
      expect(await story(store(), id)).toEqual(["queued", "running", "artifact", "artifact", "succeeded"]);
      const told = (await store().events(id, 2)).flatMap((event) => (event.type === "artifact" ? [event.artifact] : []));
      expect([...told].sort((a, b) => a.ordinal - b.ordinal)).toEqual(job?.artifacts);
    });

    it("of a late worker is fenced, and nothing is written", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      await store().claim(id, "worker-2");
      const before = await store().events(id, 0);
      expect(await store().publish(id, 1, [draft(0)])).toBe("fenced");
      expect(await store().settle(id, 1, boom)).toBe(false);
      expect(await store().beat(id, 1, { stage: "sampling", fraction: 0.9 })).toBe("fenced");
      expect(await store().setEngineRef(id, 1, "late")).toBe(false);
      expect(await store().events(id, 0)).toEqual(before);
      const job = await store().get(me, id);
      expect(job).toMatchObject({ state: "running", attempt: 2, artifacts: [] });
      expect(job?.progress).toBeUndefined();
      expect(await store().publish(id, 2, [draft(0)])).toBe("published");
      expect(await store().publish(id, 1, [draft(0)])).toBe("fenced");
      expect((await store().get(me, id))?.artifacts).toMatchObject([{ attempt: 2 }]);
    });

    it("again by the same attempt is answered as published, and happens once, also at once", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      const drafts = [draft(0)];
      const answers = await Promise.all(Array.from({ length: 6 }, () => store().publish(id, 1, drafts)));
      expect(new Set(answers)).toEqual(new Set(["published"]));
      expect(await store().publish(id, 1, [draft(0)])).toBe("published");
      expect((await store().get(me, id))?.artifacts).toMatchObject(drafts);
      expect(await story(store(), id)).toEqual(["queued", "running", "artifact", "succeeded"]);
    });

    it("after the person canceled is canceled, and nothing is published", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      await store().cancel(me, id);
      expect(await store().publish(id, 1, [draft(0)])).toBe("canceled");
      expect(await store().publish(id, 1, [draft(0)])).toBe("canceled");
      expect(await store().get(me, id)).toMatchObject({ state: "canceled", artifacts: [] });
      expect(await story(store(), id)).toEqual(["queued", "running", "canceling", "canceled"]);
    });

    it("and cancel at once end in one of the two, wholly", async () => {
      const me = unique("me");
      for (let round = 0; round < 10; round++) {
        const id = await running(store(), me);
        const [outcome] = await Promise.all([store().publish(id, 1, [draft(0)]), store().cancel(me, id)]);
        const job = await store().get(me, id);
        expect(job?.state).toBe(outcome === "published" ? "succeeded" : "canceled");
        expect(job?.artifacts).toHaveLength(outcome === "published" ? 1 : 0);
      }
    });

    it("that cannot be written whole is not written at all", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      await expect(store().publish(id, 1, [draft(0), draft(0)])).rejects.toThrow();
      expect(await store().get(me, id)).toMatchObject({ state: "running", artifacts: [] });
      expect(await story(store(), id)).toEqual(["queued", "running"]);
      expect(await store().publish(id, 1, [draft(0), draft(1)])).toBe("published");
    });
  });

  describe("settle", () => {
    it("failed keeps the error; the same again is true, another outcome is not", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      expect(await store().settle(id, 1, boom)).toBe(true);
      const job = await store().get(me, id);
      expect(job).toMatchObject({ state: "failed", error: boom.error, finishedAt: expect.any(Date) });
      expect((await store().events(id, 2))[0]).toMatchObject({ state: "failed", error: boom.error, attempt: 1 });
      expect(await store().settle(id, 1, boom)).toBe(true);
      expect(await store().settle(id, 1, again)).toBe(false);
      expect(await store().publish(id, 1, [draft(0)])).toBe("fenced");
      expect(await story(store(), id)).toEqual(["queued", "running", "failed"]);
    });

    it("requeued counts a try where an error did it, and not where a person did", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      await store().beat(id, 1, { stage: "sampling", fraction: 0.5 });
      expect(await store().settle(id, 1, again)).toBe(true);
      expect(await store().settle(id, 1, again)).toBe(true);
      const job = await store().get(me, id);
      expect(job).toMatchObject({ state: "queued", tries: 1, attempt: 1 });
      expect(job?.progress).toBeUndefined();
      expect((await store().events(id, 2))[0]).toMatchObject({ state: "queued", note: again.note });
      expect(await store().claim(id, "worker-2")).toMatchObject({
        job: { attempt: 2, tries: 1 },
        previous: [{ number: 1, outcome: "requeued" }],
      });
      expect(await store().settle(id, 2, { type: "requeued", counts: false, note: "Parked." })).toBe(true);
      expect(await store().get(me, id)).toMatchObject({ tries: 1 });
      expect(await story(store(), id)).toEqual(["queued", "running", "queued", "running", "queued"]);
    });

    it.each([boom, again, { type: "canceled" } as const])("%o of a job that is to be canceled is its cancellation", async (outcome) => {
      const me = unique("me");
      const id = await running(store(), me);
      await store().cancel(me, id);
      expect(await store().settle(id, 1, outcome)).toBe(true);
      const job = await store().get(me, id);
      expect(job?.state).toBe("canceled");
      expect(job?.error).toBeUndefined();
      expect(await story(store(), id)).toEqual(["queued", "running", "canceling", "canceled"]);
    });
  });

  describe("beat", () => {
    it("keeps the snapshot for those who join late, and tells of a cancellation", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      const progress = { stage: "sampling", fraction: 0.25, step: 5, steps: 20, note: "half \ud83e" } as const;
      expect(await store().beat(id, 1, progress)).toBe("ok");
      expect(await store().beat(id, 1)).toBe("ok");
      expect((await store().get(me, id))?.progress).toEqual({ ...progress, note: "half \ufffd" });
      expect(await story(store(), id)).toEqual(["queued", "running"]);
      await store().cancel(me, id);
      expect(await store().beat(id, 1)).toBe("canceling");
      const other = await running(store(), me);
      await store().beat(other, 1, progress);
      await store().claim(other, "worker-2");
      expect((await store().get(me, other))?.progress).toBeUndefined();
    });

    it("that comes after the end writes nothing", async () => {
      const me = unique("me");
      const [done, parked] = [await running(store(), me), await running(store(), me)];
      await store().publish(done, 1, []);
      await store().settle(parked, 1, again);
      for (const id of [done, parked]) {
        const before = await store().get(me, id);
        expect(await store().beat(id, 1, { stage: "storing", fraction: 1 })).toBe("fenced");
        expect(await store().setEngineRef(id, 1, "late")).toBe(false);
        expect(await store().get(me, id)).toEqual(before);
      }
      expect((await store().open()).find(({ id }) => id === parked)?.heartbeatAt).toBeUndefined();
    });
  });

  it("an unknown job is nobody's", async () => {
    const id = "job_0000000000000000";
    expect(await store().claim(id, "worker")).toBeUndefined();
    expect(await store().publish(id, 1, [draft(0)])).toBe("fenced");
    expect(await store().settle(id, 1, boom)).toBe(false);
    expect(await store().beat(id, 1)).toBe("fenced");
    expect(await store().setEngineRef(id, 1, "x")).toBe(false);
    expect(await store().events(id, 0)).toEqual([]);
  });
}
