/** What every job store does when a job is accepted. */
import { describe, expect, it } from "vitest";
import { newId } from "../../../../core/ids.ts";
import type { JobStore, NewJob } from "../../../../core/ports/job-store.ts";
import { accepted, failureOf, newJob, running, story, unique } from "../drafts.ts";

const times = (count: number, job: (index: number) => NewJob, jobs: JobStore) =>
  Promise.all(Array.from({ length: count }, (_, index) => jobs.accept(job(index))));

export function acceptContract(store: () => JobStore): void {
  it("keeps all that was given, and gives back no field that was not", async () => {
    const me = unique("me");
    const given = newJob(me, {
      key: "k",
      parent: newId("job"),
      origin: { conversation: unique("conv"), message: "msg", ordinal: 0 },
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      input: {
        prompt: "ein Fuchs 🦊 “im Schnee”",
        seed: Number.MAX_SAFE_INTEGER,
        loras: [{ name: "x", weight: -0.5 }],
        deep: { a: [null, true] },
      },
    });
    const before = Date.now();
    const { job, created } = await store().accept(given);
    const { requestDigest: _, ...kept } = given;
    expect(created).toBe(true);
    expect(job).toMatchObject({ ...kept, state: "queued", attempt: 0, tries: 0, priority: 1 });
    expect(job.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(job.queuedAt).toEqual(job.createdAt);
    expect(await store().get(me, given.id)).toEqual({ ...job, artifacts: [] });
    const { job: bare } = await store().accept(newJob(me));
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(["key", "origin", "error", "startedAt"]));
    expect(await store().get(me, bare.id)).toEqual({ ...bare, artifacts: [] });
    expect(await story(store(), bare.id)).toEqual(["queued"]);
  });

  describe("a key", () => {
    it("50 requests at once with one key are one job", async () => {
      const me = unique("me");
      const answers = await times(50, () => newJob(me, { key: "same" }), store());
      expect(new Set(answers.map(({ job }) => job.id)).size).toBe(1);
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(await store().list(me, { limit: 200 })).toHaveLength(1);
      expect(await story(store(), answers[0]?.job.id ?? "")).toEqual(["queued"]);
    });

    it("is the same job later too, whatever became of it, also where no more may wait", async () => {
      const me = unique("me");
      const given = newJob(me, { key: "later", maxWaiting: 1 });
      await store().accept(given);
      expect(await store().accept({ ...given, id: newId("job") })).toMatchObject({ created: false, job: { id: given.id } });
      await store().cancel(me, given.id);
      expect(await store().accept({ ...given, id: newId("job") })).toMatchObject({
        created: false,
        job: { id: given.id, state: "canceled" },
      });
      expect(await store().findByKey(me, given.tool, "later", given.requestDigest)).toMatchObject({ id: given.id });
    });

    it("with another body is a conflict that names the job, and makes none", async () => {
      const me = unique("me");
      const id = await accepted(store(), me, { key: "k" });
      for (const attempt of [
        () => store().accept(newJob(me, { key: "k", requestDigest: "other" })),
        () => store().findByKey(me, "render_image", "k", "other"),
      ]) {
        const failure = await failureOf(attempt());
        expect(failure.code).toBe("key_conflict");
        expect(failure.message).toContain(id);
        expect(failure.message).toMatch(/new key/);
      }
      expect(await store().list(me, {})).toHaveLength(1);
    });

    it("of different bodies at once makes one job, and conflicts for the others", async () => {
      const me = unique("me");
      const all = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => store().accept(newJob(me, { key: "k", requestDigest: `${index}` }))),
      );
      expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const one of all) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "key_conflict" });
    });

    it("counts per principal and per tool", async () => {
      const [me, you] = [unique("me"), unique("you")];
      const ids = [
        await accepted(store(), me, { key: "k" }),
        await accepted(store(), you, { key: "k" }),
        await accepted(store(), me, { key: "k", tool: "upscale_image" }),
      ];
      expect(new Set(ids).size).toBe(3);
      const digest = newJob(me).requestDigest;
      expect((await store().findByKey(you, "render_image", "k", digest))?.id).toBe(ids[1]);
      expect(await store().findByKey(unique("nobody"), "render_image", "k", digest)).toBeUndefined();
      expect(await store().findByKey(me, "render_image", "unknown", digest)).toBeUndefined();
    });

    it("that is missing makes every request a job", async () => {
      const me = unique("me");
      await times(3, () => newJob(me), store());
      expect(await store().list(me, {})).toHaveLength(3);
    });
  });

  describe("priority", () => {
    it("is 1 + the principal's waiting jobs, and 1000 more for training", async () => {
      const [me, you] = [unique("me"), unique("you")];
      const priority = async (who: string, more: Partial<NewJob> = {}) => (await store().accept(newJob(who, more))).job.priority;
      expect(await priority(me)).toBe(1);
      const second = await store().accept(newJob(me));
      expect(second.job.priority).toBe(2);
      expect(await priority(me)).toBe(3);
      expect(await priority(you)).toBe(1);
      expect(await priority(you, { class: "training" })).toBe(1002);
      expect(await priority(unique("new"), { class: "training" })).toBe(1001);
      // what runs waits no more
      await store().claim(second.job.id, "worker");
      expect(await priority(me)).toBe(3);
    });

    it("is another one for each of 20 requests at once", async () => {
      const me = unique("me");
      const answers = await times(20, () => newJob(me), store());
      expect(answers.map(({ job }) => job.priority).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    it("lets the second person's first job start after the first one of the first person, not after all ten", async () => {
      const [me, you, family] = [unique("me"), unique("you"), unique("family")];
      const mine: string[] = [];
      for (let n = 0; n < 10; n++) mine.push(await accepted(store(), me, { family }));
      const yours = await accepted(store(), you, { family });
      expect(await store().position(mine[0] ?? "")).toBe(1);
      expect(await store().position(yours)).toBe(2);
      expect(await store().position(mine[1] ?? "")).toBe(3);
      expect(await store().position(mine[9] ?? "")).toBe(11);
    });
  });

  it("the limit of waiting jobs holds for 20 requests at once, and is named with its setting", async () => {
    const me = unique("me");
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => store().accept(newJob(me, { maxWaiting: 5 }))));
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    for (const one of all)
      if (one.status === "rejected") {
        expect(one.reason).toMatchObject({ code: "limit_exceeded", retryable: true });
        expect(one.reason.message).toMatch(/5 jobs waiting; at most 5 may \(MYSPINBOT_MAX_WAITING\)/);
      }
    const [first] = await store().list(me, { limit: 1 });
    await store().claim(first?.id ?? "", "worker");
    await store().accept(newJob(me, { maxWaiting: 5 }));
  });

  it("takes any text a prompt may hold; what no database can hold is shown as the replacement character", async () => {
    const me = unique("me");
    const id = await accepted(store(), me, {
      input: { prompt: "nul \0, half \ud83e, whole 🦊", "ke\0y": ["\udd8a"] },
      title: "render_image: nul \0",
      origin: { conversation: "conv\0", message: "m\ud83e", ordinal: 3 },
    });
    const job = await store().get(me, id);
    expect(job?.input).toEqual({ prompt: "nul \ufffd, half \ufffd, whole 🦊", "ke\ufffdy": ["\ufffd"] });
    expect(job?.title).toBe("render_image: nul \ufffd");
    expect(job?.origin).toEqual({ conversation: "conv\ufffd", message: "m\ufffd", ordinal: 3 });
    expect(await store().get("me\0", "job\0\ud83e")).toBeUndefined();
    expect(await store().position("job\0")).toBeUndefined();
    expect(await store().list(me, { conversation: "conv\0" })).toHaveLength(1);
    await running(store(), me);
    await store().claim(id, "worker\0");
    expect(
      await store().settle(id, 1, { type: "failed", error: { code: "engine_failed", message: "says \0\ud83e", retryable: false } }),
    ).toBe(true);
    expect((await store().get(me, id))?.error?.message).toBe("says \ufffd\ufffd");
  });
}
