/** What every job store tells: in order, without gaps, and only what is committed. */
import { describe, expect, it } from "vitest";
import { isTerminal } from "../../../../core/job.ts";
import type { JobStore, NewJob } from "../../../../core/ports/job-store.ts";
import { accepted, draft, newJob, running, unique } from "../drafts.ts";

export function readsContract(store: () => JobStore): void {
  describe("events", () => {
    it("of 8 writers at once are numbered without gaps, and a reader with a cursor misses none", async () => {
      const me = unique("me");
      const id = await accepted(store(), me);
      const seen: number[] = [];
      let writing = true;
      const reading = (async () => {
        for (;;) {
          const last = !writing;
          for (const event of await store().events(id, seen.at(-1) ?? 0)) seen.push(event.seq);
          if (last) return;
        }
      })();
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          for (let n = 0; n < 10; n++) await store().claim(id, `worker-${writer}`);
        }),
      );
      writing = false;
      await reading;
      expect(seen).toEqual(Array.from({ length: 81 }, (_, index) => index + 1));
    });

    it("come back after a number, with all they say", async () => {
      const me = unique("me");
      const id = await running(store(), me);
      await store().publish(id, 1, [draft(0)]);
      const all = await store().events(id, 0);
      expect(await store().events(id, 2)).toEqual(all.slice(2));
      expect(await store().events(id, 4)).toEqual([]);
      expect(all[0]).toEqual({ type: "state", seq: 1, job: id, at: expect.any(Date), state: "queued", attempt: 0 });
      expect(all[3]).toEqual({ type: "state", seq: 4, job: id, at: expect.any(Date), state: "succeeded", attempt: 1 });
    });
  });

  describe("list", () => {
    it("is newest first, in pages that neither repeat nor miss", async () => {
      const me = unique("me");
      const ids: string[] = [];
      for (let n = 0; n < 7; n++) ids.unshift(await accepted(store(), me));
      expect((await store().list(me, {})).map(({ id }) => id)).toEqual(ids);
      const paged: string[] = [];
      for (let before: string | undefined; ; ) {
        const page = await store().list(me, { limit: 3, ...(before ? { before } : {}) });
        if (page.length === 0) break;
        paged.push(...page.map(({ id }) => id));
        before = paged.at(-1);
        // what comes meanwhile belongs to no later page
        await accepted(store(), me);
      }
      expect(paged).toEqual(ids);
    });

    it("takes states, tool and conversation, and 1 to 200", async () => {
      const [me, conversation] = [unique("me"), unique("conv")];
      const done = await running(store(), me, { origin: { conversation, message: "m", ordinal: 0 } });
      await store().publish(done, 1, [draft(0)]);
      const waiting = await accepted(store(), me, { tool: "upscale_image", origin: { conversation, message: "m", ordinal: 1 } });
      await accepted(store(), me);
      const ids = async (filter: Parameters<JobStore["list"]>[1]) => (await store().list(me, filter)).map(({ id }) => id);
      expect(await ids({ conversation })).toEqual([waiting, done]);
      expect(await ids({ conversation, states: ["succeeded"] })).toEqual([done]);
      expect(await ids({ tool: "upscale_image" })).toEqual([waiting]);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await ids({ states: ["queued", "succeeded"], limit: 1000 })).toHaveLength(3);
      expect(await ids({ limit: 0 })).toHaveLength(1);
      expect((await store().list(me, { states: ["succeeded"] }))[0]?.artifacts).toHaveLength(1);
      expect(await ids({ before: "job_0000000000000000" })).toEqual([]);
    });
  });

  it("position is the place in the family, by priority, then by waiting; only of what waits", async () => {
    const [me, you, family] = [unique("me"), unique("you"), unique("family")];
    const first = await accepted(store(), me, { family });
    const second = await accepted(store(), me, { family });
    const training = await accepted(store(), you, { family, class: "training" });
    const other = await accepted(store(), you, { family: unique("other") });
    expect(await Promise.all([first, second, training, other].map((id) => store().position(id)))).toEqual([1, 2, 3, 1]);
    await store().claim(first, "worker");
    expect(await store().position(first)).toBeUndefined();
    expect(await store().position(second)).toBe(1);
    // parked: behind those of its priority that have come meanwhile
    const late = await accepted(store(), unique("third"), { family });
    await store().settle(first, 1, { type: "requeued", counts: false, note: "parked" });
    expect(await store().position(late)).toBe(1);
    expect(await store().position(first)).toBe(2);
    expect(await store().position("job_0000000000000000")).toBeUndefined();
  });

  it("waiting tells, for each family, how many and which goes first", async () => {
    const [me, family, idle] = [unique("me"), unique("family"), unique("idle")];
    const training = await store().accept(newTraining(me, family));
    const first = await accepted(store(), me, { family });
    await accepted(store(), me, { family });
    await running(store(), unique("you"), { family: idle });
    const mine = (await store().waiting()).filter((entry) => entry.family === family || entry.family === idle);
    expect(mine).toEqual([{ family, jobs: 3, bestPriority: 2, firstQueuedAt: (await store().get(me, first))?.queuedAt }]);
    expect(mine[0]?.firstQueuedAt.getTime()).toBeGreaterThanOrEqual(training.job.queuedAt.getTime());
  });

  it("history: input and running seconds of the last 20 that succeeded", async () => {
    const [me, tool, family] = [unique("me"), unique("tool"), unique("family")];
    for (let n = 0; n < 22; n++) await store().publish(await running(store(), me, { tool, family }), 1, []);
    await store().settle(await running(store(), me, { tool, family }), 1, { type: "canceled" });
    const past = await store().history(tool, family);
    expect(past[0]?.input).toMatchObject({ prompt: "a red fox" });
    const seconds = past.map((job) => job.seconds);
    expect(seconds).toHaveLength(20);
    for (const one of seconds) expect(one).toBeGreaterThanOrEqual(0);
    const done = await store().list(me, { states: ["succeeded"], limit: 1 });
    expect(seconds[0]).toBeCloseTo(((done[0]?.finishedAt?.getTime() ?? 0) - (done[0]?.startedAt?.getTime() ?? 0)) / 1000, 3);
    expect(await store().history(tool, unique("other"))).toEqual([]);
  });

  it("history leaves out a training that went on from an earlier attempt: its last one alone is no measure", async () => {
    const [me, tool] = [unique("me"), unique("tool")];
    const family = unique("family");
    const again = async (more: Partial<NewJob>) => {
      const id = await running(store(), me, { tool, family, ...more });
      await store().settle(id, 1, { type: "requeued", counts: false, note: "It gave way." });
      await store().claim(id, "worker");
      await store().publish(id, 2, []);
    };
    await again({ class: "training", input: { which: "training, gone on" } });
    await again({ class: "interactive", input: { which: "picture, anew" } });
    await store().publish(await running(store(), me, { tool, family, class: "training", input: { which: "training, whole" } }), 1, []);
    expect((await store().history(tool, family)).map(({ input }) => input["which"])).toEqual(["training, whole", "picture, anew"]);
  });

  it("open is every job that has not ended, with its heartbeat", async () => {
    const me = unique("me");
    const [waiting, runs, stopping, done] = [
      await accepted(store(), me),
      await running(store(), me),
      await running(store(), me),
      await running(store(), me),
    ];
    await store().cancel(me, stopping);
    await store().publish(done, 1, []);
    const open = await store().open();
    const find = (id: string) => open.find((job) => job.id === id);
    expect(find(waiting)).toEqual({ id: waiting, family: "comfy-sdxl", state: "queued", priority: expect.any(Number), attempt: 0 });
    expect(find(runs)).toMatchObject({ state: "running", attempt: 1, heartbeatAt: expect.any(Date) });
    expect(find(stopping)).toMatchObject({ state: "canceling" });
    expect(find(done)).toBeUndefined();
    expect(open.filter(({ state }) => isTerminal(state))).toEqual([]);
  });
}

function newTraining(principal: string, family: string) {
  return newJob(principal, { family, class: "training" });
}
