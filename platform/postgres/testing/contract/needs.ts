/** What every job store does with jobs that wait for others. */
import { describe, expect, it } from "vitest";
import type { Makes } from "../../../../core/asset.ts";
import { newId } from "../../../../core/ids.ts";
import type { JobStore, NewJob } from "../../../../core/ports/job-store.ts";
import { accepted, draft, failureOf, newJob, running, story, unique } from "../drafts.ts";

const boom = { type: "failed", error: { code: "engine_failed", message: "It failed.", retryable: true } } as const;

export function needsContract(store: () => JobStore): void {
  const waiting = (principal: string, needs: string[], more: Partial<NewJob> = {}) => accepted(store(), principal, { needs, ...more });
  const row = async (principal: string, id: string) => {
    const job = await store().get(principal, id);
    if (!job) throw new Error(`no job ${id}`);
    return job;
  };
  const freed = async (...ids: string[]) => (await store().freeNeeds()).map(({ id }) => id).filter((id) => ids.includes(id));
  const isOpen = async (id: string) => (await store().open()).find((job) => job.id === id);

  describe("a job that needs another", () => {
    it("is kept, blocked and claimed by nobody until that has succeeded; then it waits from now on", async () => {
      const [me, family] = [unique("me"), unique("family")];
      const need = await running(store(), me);
      const given = newJob(me, { needs: [need], family });
      const { job } = await store().accept(given);
      expect(job).toMatchObject({ state: "queued", blocked: true, needs: [need] });
      expect(await row(me, job.id)).toEqual({ ...job, artifacts: [] });
      expect(await isOpen(job.id)).toMatchObject({ state: "queued", blocked: true });
      expect(await store().claim(job.id, "worker")).toBeUndefined();
      expect(await store().position(job.id)).toBeUndefined();
      expect((await store().waiting()).filter((entry) => entry.family === family)).toEqual([]);
      expect(await freed(job.id)).toEqual([]);
      await store().publish(need, 1, [draft(0)]);
      const [free] = (await store().freeNeeds()).filter(({ id }) => id === job.id);
      expect(free).toEqual({ id: job.id, family, priority: job.priority });
      const now = await row(me, job.id);
      expect(now).not.toHaveProperty("blocked");
      expect(now.queuedAt.getTime()).toBeGreaterThan(job.queuedAt.getTime() - 1);
      expect(now.needs).toEqual([need]);
      expect(await isOpen(job.id)).not.toHaveProperty("blocked");
      expect((await store().waiting()).find((entry) => entry.family === family)).toMatchObject({ jobs: 1, firstQueuedAt: now.queuedAt });
      expect(await freed(job.id)).toEqual([]);
      expect((await store().claim(job.id, "worker"))?.job).toMatchObject({ needs: [need], attempt: 1 });
      expect(await story(store(), job.id)).toEqual(["queued", "queued", "running"]);
      const notes = (await store().events(job.id, 0)).map((event) => (event.type === "state" ? event.note : ""));
      expect(notes.slice(0, 2)).toEqual([`Waits for job ${need}.`, "What it waited for is there."]);
    });

    it("that has succeeded already waits for nothing", async () => {
      const me = unique("me");
      const need = await running(store(), me);
      await store().publish(need, 1, [draft(0)]);
      const { job } = await store().accept(newJob(me, { needs: [need] }));
      expect(job).not.toHaveProperty("blocked");
      expect((await store().claim(job.id, "worker"))?.job.attempt).toBe(1);
    });

    it("waits for all of them, however often one is named", async () => {
      const me = unique("me");
      const needs = [await running(store(), me), await running(store(), me)];
      const id = await waiting(me, [...needs, ...needs]);
      await store().publish(needs[0] ?? "", 1, [draft(0)]);
      expect(await freed(id)).toEqual([]);
      await store().publish(needs[1] ?? "", 1, [draft(0)]);
      expect(await freed(id)).toEqual([id]);
    });

    it("that has failed or was canceled is refused, with the job to retry first", async () => {
      const me = unique("me");
      const failed = await running(store(), me, { title: "Dataset: biscuit" });
      await store().settle(failed, 1, boom);
      const canceled = await accepted(store(), me);
      await store().cancel(me, canceled);
      const stopping = await running(store(), me);
      await store().cancel(me, stopping);
      for (const need of [failed, canceled, stopping]) {
        const failure = await failureOf(store().accept(newJob(me, { needs: [need] })));
        expect([failure.code, failure.message]).toEqual(["needs_failed", expect.stringContaining(`Retry job ${need} first`)]);
      }
      expect((await failureOf(store().accept(newJob(me, { needs: [failed] })))).message).toContain("Dataset: biscuit");
    });

    it("of another principal's is refused as one that never was", async () => {
      const [me, you] = [unique("me"), unique("you")];
      const theirs = await running(store(), you);
      await store().publish(theirs, 1, [draft(0)]);
      const never = newId("job");
      const [one, other] = await Promise.all([theirs, never].map((id) => failureOf(store().accept(newJob(me, { needs: [id] })))));
      expect(one?.code).toBe("unknown_job");
      expect(one?.message.replace(theirs, never)).toBe(other?.message);
      expect(await store().list(me, {})).toEqual([]);
    });

    it("counts as waiting, but takes nobody's turn; freed, it goes behind those that wait then", async () => {
      const me = unique("me");
      const need = await running(store(), me);
      const ids = [await waiting(me, [need]), await waiting(me, [need], { class: "training" }), await waiting(me, [need])];
      expect(await row(me, await accepted(store(), me))).toMatchObject({ priority: 1 });
      expect((await failureOf(store().accept(newJob(me, { maxWaiting: 4 })))).code).toBe("limit_exceeded");
      await store().publish(need, 1, [draft(0)]);
      const free = (await store().freeNeeds()).filter(({ id }) => ids.includes(id));
      expect(free.map(({ id, priority }) => [id, priority])).toEqual([2, 1003, 4].map((priority, index) => [ids[index], priority]));
      expect((await store().open()).find(({ id }) => id === ids[2])).toMatchObject({ priority: 4 });
    });

    it.each(["failed", "canceled"] as const)("ends as failed when that has %s, and so does what waits for it in turn", async (how) => {
      const me = unique("me");
      const need = await running(store(), me, { title: "Train: biscuit" });
      const second = await waiting(me, [need]);
      const third = await waiting(me, [second]);
      if (how === "canceled") await store().cancel(me, need);
      await store().settle(need, 1, boom);
      expect((await row(me, need)).state).toBe(how);
      expect(await freed(second, third)).toEqual([]);
      for (const [id, cause] of [
        [second, need],
        [third, second],
      ] as const) {
        const job = await row(me, id);
        expect(job).toMatchObject({ state: "failed", finishedAt: expect.any(Date), error: { code: "needs_failed" } });
        expect(job.error?.message).toContain(`Retry job ${cause} first, then this one.`);
        expect(job).not.toHaveProperty("blocked");
        expect(await story(store(), id)).toEqual(["queued", "failed"]);
        expect(await isOpen(id)).toBeUndefined();
      }
    });

    it("is retried only behind it, and waits again", async () => {
      const me = unique("me");
      const need = await running(store(), me);
      const id = await waiting(me, [need]);
      await store().settle(need, 1, boom);
      await store().freeNeeds();
      expect((await failureOf(store().retry(me, id))).code).toBe("needs_failed");
      expect((await row(me, id)).state).toBe("failed");
      await store().retry(me, need);
      expect(await store().retry(me, id)).toMatchObject({ state: "queued", blocked: true });
      expect(await store().claim(id, "worker")).toBeUndefined();
      await store().claim(need, "worker");
      await store().publish(need, 2, [draft(0)]);
      expect(await freed(id)).toEqual([id]);
      expect(await row(me, id)).not.toHaveProperty("error");
      expect(await story(store(), id)).toEqual(["queued", "failed", "queued", "queued"]);
    });

    it("can be canceled while it waits, and is then freed no more", async () => {
      const me = unique("me");
      const need = await running(store(), me);
      const id = await waiting(me, [need]);
      const canceled = await store().cancel(me, id);
      expect(canceled?.state).toBe("canceled");
      expect(canceled).not.toHaveProperty("blocked");
      await store().publish(need, 1, [draft(0)]);
      expect(await freed(id)).toEqual([]);
      expect((await row(me, id)).state).toBe("canceled");
    });

    it("a chain of three goes one after the other", async () => {
      const me = unique("me");
      const first = await running(store(), me);
      const second = await waiting(me, [first]);
      const third = await waiting(me, [second]);
      await store().publish(first, 1, [draft(0)]);
      expect(await freed(second, third)).toEqual([second]);
      await store().claim(second, "worker");
      await store().publish(second, 1, [draft(0)]);
      expect(await freed(second, third)).toEqual([third]);
    });

    it("and its need end and are accepted at once, 40 times: each is freed, by its accept or behind it", async () => {
      const me = unique("me");
      for (let round = 0; round < 40; round++) {
        const need = await running(store(), me);
        const ends =
          round % 4 === 3
            ? store().settle(need, 1, boom)
            : store()
                .publish(need, 1, [draft(0)])
                .then(() => true);
        const [given, , early] = await Promise.all([
          store()
            .accept(newJob(me, { needs: [need] }))
            .catch((error: unknown) => error as { code: string }),
          ends.then(() => store().freeNeeds()),
          ends,
        ]);
        expect(early).toBe(true);
        if (!("job" in given)) {
          expect(given.code).toBe("needs_failed");
          continue;
        }
        const job = await row(me, given.job.id);
        expect([job.state, job.blocked]).toEqual([round % 4 === 3 ? "failed" : "queued", undefined]);
      }
    });

    it("two racing accepts of it, and eight who free at once: each is freed once", async () => {
      const me = unique("me");
      const need = await running(store(), me);
      const ids = await Promise.all([waiting(me, [need]), waiting(me, [need])]);
      expect((await Promise.all(ids.map((id) => row(me, id)))).map(({ blocked }) => blocked)).toEqual([true, true]);
      await store().publish(need, 1, [draft(0)]);
      const all = await Promise.all(Array.from({ length: 8 }, () => freed(...ids)));
      expect(all.flat().sort()).toEqual([...ids].sort());
      for (const id of ids) expect(await story(store(), id)).toEqual(["queued", "queued"]);
    });
  });

  it("promises are what open jobs of the principal will make", async () => {
    const [me, you] = [unique("me"), unique("you")];
    const makes = { kind: "lora", name: "Biscuit", family: "sd15", triggerWords: ["bsct dog"] } as const satisfies Makes;
    const id = await running(store(), me, { makes });
    await accepted(store(), me);
    expect(await store().promises(me)).toEqual([{ job: id, makes }]);
    expect(await row(me, id)).toMatchObject({ makes });
    expect(await store().promises(you)).toEqual([]);
    await store().settle(id, 1, boom);
    expect(await store().promises(me)).toEqual([]);
    await store().retry(me, id);
    expect(await store().promises(me)).toEqual([{ job: id, makes }]);
  });

  describe("an order", () => {
    it("reaches what runs, with a number that grows, the same one again too", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      expect(await store().order(me, id, "sample")).toMatchObject({ order: { name: "sample", number: 1 } });
      expect(await store().order(me, id, "sample")).toMatchObject({ order: { name: "sample", number: 2 } });
      expect(await store().order(me, id, "save")).toMatchObject({ order: { name: "save", number: 3 } });
      // said again where there was nothing to keep yet
      await store().order(me, id, "keep");
      expect(await store().order(me, id, "keep")).toMatchObject({ order: { name: "keep", number: 5 } });
      expect((await row(me, id)).order).toEqual({ name: "keep", number: 5 });
      // a worker that dies does not undo it; a person who starts it again does
      expect((await store().claim(id, "another"))?.job.order).toEqual({ name: "keep", number: 5 });
      await store().settle(id, 2, boom);
      expect(await store().retry(me, id)).not.toHaveProperty("order");
    });

    it("is a conflict where it does not run, and nobody else's business", async () => {
      const [me, you] = [unique("me"), unique("you")];
      const [queued, runs] = [await accepted(store(), me), await running(store(), me)];
      expect((await failureOf(store().order(me, queued, "save"))).message).toContain("queued");
      expect(await store().order(you, runs, "keep")).toBeUndefined();
      expect(await store().order(me, newId("job"), "keep")).toBeUndefined();
      expect(await row(me, runs)).not.toHaveProperty("order");
    });
  });
}
