/** What every server behind the queue must do, on one that the tests may break. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Queue, TryAgain } from "../../../core/ports/queue.ts";
import { type BullQueueOptions, createBullQueue } from "../queue.ts";
import { gate, recordedLane, rememberingLog, unique, until } from "./help.ts";
import { startOther } from "./other-process.ts";

export interface QueueServer {
  options: Pick<BullQueueOptions, "databaseUrl" | "redisUrl">;
  /** Unreachable, its connections broken. */
  breakOff(): Promise<void>;
  /** As before, nothing lost. */
  bringBack(): Promise<void>;
  end(): Promise<void>;
}

const times = { lockMs: 1500, stalledMs: 500, backoffMs: 100 };

export function queueContract(name: string, start: () => Promise<QueueServer>): void {
  describe(`the queue on ${name}`, () => {
    let server: QueueServer;
    const queues: Queue[] = [];
    const log = rememberingLog();

    const openQueue = async (...families: string[]): Promise<Queue> => {
      const queue = await createBullQueue({ ...server.options, families, log, ...times });
      queues.push(queue);
      return queue;
    };

    beforeAll(async () => {
      server = await start();
    });
    afterEach(async () => {
      await Promise.all(queues.splice(0).map((queue) => queue.close()));
      log.lines.length = 0;
    });
    afterAll(() => server.end());

    test("priorities 1 to 6 of one person and 1 of another: the other's runs second", async () => {
      const family = unique("fair");
      const queue = await openQueue(family);
      for (let priority = 1; priority <= 6; priority++) await queue.add({ id: `a${priority}_`, family, priority });
      await queue.add({ id: "b1_", family, priority: 1 });
      const recorded = await recordedLane(queue, [family]);
      await recorded.lane.open(family);
      await until("all ran", () => recorded.ended.length === 7);
      expect(recorded.taken).toEqual(["a1_", "b1_", "a2_", "a3_", "a4_", "a5_", "a6_"]);
    });

    test("one item at a time over all families while between() switches them", async () => {
      const families = [unique("one"), unique("two")];
      const queue = await openQueue(...families);
      for (let number = 0; number < 6; number++)
        for (const family of families) await queue.add({ id: `${family}-${number}`, family, priority: 1 });
      let paused = 0;
      let early = 0;
      const recorded = await recordedLane(
        queue,
        families,
        async () => {
          early += paused;
          await sleep(5);
        },
        async ({ lane }) => {
          paused = 1;
          await lane.open(families[lane.family === families[0] ? 1 : 0]);
          await sleep(10);
          paused = 0;
        },
      );
      await recorded.lane.open(families[0]);
      await until("all ran", () => recorded.ended.length === 12);
      expect(recorded.most).toBe(1);
      expect(early).toBe(0);
      expect(new Set(recorded.taken).size).toBe(12);
      expect(recorded.taken.map((id) => families.indexOf(id.slice(0, -2)))).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    });

    test("a closed family's items are not taken, though the lane was waiting for them", async () => {
      const [first, second] = [unique("first"), unique("second")];
      const queue = await openQueue(first, second);
      const recorded = await recordedLane(queue, [first, second]);
      await recorded.lane.open(first);
      await queue.add({ id: "warm", family: first, priority: 1 });
      await until("it ran", () => recorded.ended.length === 1);
      await sleep(200); // it now waits for the next
      await recorded.lane.open(second);
      expect(recorded.lane.family).toBe(second);
      await queue.add({ id: "closed", family: first, priority: 1 });
      await queue.add({ id: "opened", family: second, priority: 1 });
      await until("the open family's ran", () => recorded.ended.includes("opened"));
      await recorded.lane.open(undefined);
      await queue.add({ id: "later", family: second, priority: 1 });
      await sleep(700);
      expect(recorded.taken).toEqual(["warm", "opened"]);
      expect(await queue.has({ id: "closed", family: first })).toBe(true);
      await recorded.lane.open(first);
      await until("the first family's ran", () => recorded.ended.includes("closed"));
      expect(recorded.taken).toEqual(["warm", "opened", "closed"]);
    });

    test("switching to and fro while nothing waits leaves every family able to wake the lane at once", async () => {
      const families = [unique("x"), unique("y"), unique("z")];
      const queue = await openQueue(...families);
      const recorded = await recordedLane(queue, families);
      for (let round = 0; round < 30; round++) await recorded.lane.open(families[round % 3]);
      for (const family of families) {
        await recorded.lane.open(family);
        await sleep(50);
        await queue.add({ id: family, family, priority: 1 });
        await until("woken without waiting for the next poll", () => recorded.ended.includes(family), 4000);
      }
    });

    test("an item goes at once to the lane that waits for it, not to one that has turned away", async () => {
      const [family, elsewhere] = [unique("shared"), unique("elsewhere")];
      const queue = await openQueue(family, elsewhere);
      const away = await recordedLane(queue, [family, elsewhere]);
      for (let round = 0; round < 4; round++) {
        await away.lane.open(family);
        await sleep(100);
        const waiting = await recordedLane(queue, [family]);
        await waiting.lane.open(family);
        await sleep(100);
        await away.lane.open(elsewhere);
        await sleep(50);
        await queue.add({ id: `r${round}_`, family, priority: 7 });
        await until("the waiting lane ran it", () => waiting.ended.length === 1, 2500);
        await waiting.lane.close(1000);
      }
      expect(away.taken).toEqual([]);
    });

    test("a switch does not disturb what runs, and the next item is of the new family", async () => {
      const [first, second] = [unique("first"), unique("second")];
      const queue = await openQueue(first, second);
      const { opened, open } = gate();
      const recorded = await recordedLane(queue, [first, second], () => opened);
      for (const [id, family] of [
        ["a", first],
        ["b", first],
        ["c", second],
      ] as const)
        await queue.add({ id, family, priority: 1 });
      await recorded.lane.open(first);
      await until("the first runs", () => recorded.taken.length === 1);
      await recorded.lane.open(second);
      await sleep(300);
      expect(recorded.taken).toEqual(["a"]);
      open();
      await until("the second family's ran", () => recorded.ended.length === 2);
      expect(recorded.ended).toEqual(["a", "c"]);
      expect(recorded.lost).toEqual([]);
    });

    test("TryAgain brings the same item back, each time later", async () => {
      const family = unique("again");
      const queue = await openQueue(family);
      const at: number[] = [];
      const recorded = await recordedLane(queue, [family], async () => {
        at.push(Date.now());
        if (at.length < 4) throw new TryAgain("not yet");
      });
      await recorded.lane.open(family);
      await queue.add({ id: "stubborn", family, priority: 3 });
      await until("a first try", () => at.length === 1);
      expect(await queue.has({ id: "stubborn", family })).toBe(true);
      await until("a fourth try", () => recorded.ended.length === 4);
      await until("it is gone", async () => !(await queue.has({ id: "stubborn", family })));
      const pauses = at.slice(1).map((moment, index) => moment - (at[index] ?? 0));
      expect(pauses[0]).toBeGreaterThanOrEqual(100);
      expect(pauses[1]).toBeGreaterThanOrEqual(200);
      expect(pauses[2]).toBeGreaterThanOrEqual(400);
      expect(log.lines.filter((line) => line.level === "error")).toEqual([]);
    });

    test("any other error is logged and final", async () => {
      const family = unique("error");
      const queue = await openQueue(family);
      const recorded = await recordedLane(queue, [family], async () => {
        throw new Error("a fault of ours");
      });
      await recorded.lane.open(family);
      await queue.add({ id: "faulty", family, priority: 1 });
      await until("it is gone", async () => recorded.ended.length > 0 && !(await queue.has({ id: "faulty", family })));
      await sleep(300);
      expect(recorded.taken).toEqual(["faulty"]);
      expect(log.lines).toContainEqual({ level: "error", text: "a queue item ended with an unforeseen error" });
    });

    test("a known id is not queued twice, waiting or running; one that has ended is, however it ended", async () => {
      const family = unique("known");
      const queue = await openQueue(family);
      const item = { id: "same", family, priority: 1 };
      await queue.add(item);
      await queue.add(item);
      expect(await queue.depths()).toEqual({ [family]: 1 });
      const { opened, open } = gate();
      const recorded = await recordedLane(queue, [family], async () => {
        await opened;
        if (recorded.taken.length === 2) throw new Error("this time it fails");
      });
      await recorded.lane.open(family);
      await until("it runs", () => recorded.taken.length === 1);
      await queue.add(item);
      expect(await queue.depths()).toEqual({ [family]: 0 });
      open();
      for (const round of [1, 2, 3]) {
        await until("it is gone", async () => recorded.ended.length === round && !(await queue.has(item)));
        if (round < 3) await queue.add(item);
      }
      expect(recorded.taken).toEqual(["same", "same", "same"]);
    });

    test("remove takes out what waits, leaves what runs, and does not mind an unknown one", async () => {
      const family = unique("remove");
      const queue = await openQueue(family);
      const { opened, open } = gate();
      const recorded = await recordedLane(queue, [family], () => opened);
      await queue.add({ id: "runs", family, priority: 1 });
      await queue.add({ id: "waits", family, priority: 2 });
      await recorded.lane.open(family);
      await until("it runs", () => recorded.taken.length === 1);
      await queue.remove({ id: "waits", family });
      await queue.remove({ id: "runs", family });
      await queue.remove({ id: "unknown", family });
      expect(await queue.has({ id: "waits", family })).toBe(false);
      expect(await queue.has({ id: "runs", family })).toBe(true);
      expect(await queue.has({ id: "unknown", family })).toBe(false);
      await sleep(times.lockMs + times.stalledMs);
      open();
      await until("it ended", async () => !(await queue.has({ id: "runs", family })));
      expect(recorded.taken).toEqual(["runs"]);
      expect(recorded.lost).toEqual([]);
    });

    test("depths counts what waits, per family", async () => {
      const [many, none] = [unique("many"), unique("none")];
      const queue = await openQueue(many, none);
      for (let number = 0; number < 5; number++) await queue.add({ id: `n${number}_`, family: many, priority: number + 1 });
      expect(await queue.depths()).toEqual({ [many]: 5, [none]: 0 });
    });

    test("a name that BullMQ cannot keep is a fault of the caller, not an outage", async () => {
      const queue = await openQueue();
      await expect(queue.add({ id: "12", family: "f", priority: 1 })).rejects.toThrow("no colon, not digits alone");
      await expect(queue.add({ id: "a:b", family: "f", priority: 1 })).rejects.toThrow("no colon, not digits alone");
    });

    test("after kill -9 of a worker its item runs again, also where its family is not the open one", async () => {
      const [family, elsewhere] = [unique("kill"), unique("elsewhere")];
      const queue = await openQueue(family);
      await queue.add({ id: "orphan", family, priority: 1 });
      const other = startOther({ options: { ...server.options, ...times }, family });
      await other.heard("took orphan");
      const recorded = await recordedLane(queue, [family, elsewhere]);
      await recorded.lane.open(elsewhere);
      other.kill("SIGKILL");
      await until("it waits again", async () => (await queue.depths())[family] === 1, times.lockMs + times.stalledMs + 10_000);
      await recorded.lane.open(family);
      await until("it ran again", () => recorded.ended.includes("orphan"));
      expect(recorded.taken).toEqual(["orphan"]);
    });

    test("forget: what a killed worker held, and what waited, can be added again at once; no lock is waited for", async () => {
      const [family, spared] = [unique("forget"), unique("spared")];
      const before = await openQueue(family, spared);
      for (const id of ["held", "waits"]) await before.add({ id, family, priority: 1 });
      await before.add({ id: "others", family: spared, priority: 1 });
      const patient = { ...server.options, ...times, lockMs: 600_000 };
      const other = startOther({ options: patient, family });
      await other.heard("took held");
      other.kill("SIGKILL");
      const after = await createBullQueue({ ...patient, families: [family], log, forget: true });
      queues.push(after);
      for (const id of ["held", "waits"]) expect(await after.has({ id, family })).toBe(false);
      expect(await after.has({ id: "others", family: spared })).toBe(true);
      await after.add({ id: "held", family, priority: 1 });
      const recorded = await recordedLane(after, [family]);
      await recorded.lane.open(family);
      await until("it ran again", () => recorded.ended.includes("held"));
      expect(recorded.taken).toEqual(["held"]);
    });

    test("a worker that slept past its lock learns that its item is somebody else's", async () => {
      const family = unique("sleep");
      const queue = await openQueue(family);
      await queue.add({ id: "moved", family, priority: 1 });
      const other = startOther({ options: { ...server.options, ...times }, family });
      try {
        await other.heard("took moved");
        const { opened, open } = gate();
        const recorded = await recordedLane(queue, [family], () => opened);
        other.kill("SIGSTOP");
        await recorded.lane.open(family);
        await until("it was taken again", () => recorded.taken.length === 1);
        other.kill("SIGCONT");
        await other.heard("lost moved");
        open();
        await until("it ended", () => recorded.ended.length === 1);
        expect(recorded.lost).toEqual([]);
      } finally {
        other.kill("SIGKILL");
      }
    });

    test("every: two processes, one tick each time, and an error of the task does not end it", async () => {
      const task = unique("tick");
      const ticks: string[] = [];
      const [one, two] = [await openQueue(), await openQueue()];
      const began = Date.now();
      await Promise.all([
        one.every(task, 300, async () => void ticks.push("one")),
        two.every(task, 300, async () => {
          ticks.push("two");
          throw new Error("a task that fails");
        }),
      ]);
      await until("ten ticks", () => ticks.length >= 10);
      // the first tick comes at once
      expect(ticks.length).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / 300) + 1);
      if (ticks.includes("two")) expect(log.lines).toContainEqual({ level: "error", text: "a periodic task failed" });
    });

    test("every: another process goes on when one is gone", async () => {
      const task = unique("survive");
      const other = startOther({ options: { ...server.options, ...times }, family: unique("none"), task });
      await other.heard("tick");
      const queue = await openQueue();
      let ticks = 0;
      await queue.every(task, 500, async () => void ticks++);
      other.kill("SIGKILL");
      await until("ticks go on", () => ticks >= 3);
    });

    test("close waits for what runs", async () => {
      const family = unique("close");
      const queue = await openQueue(family);
      const { opened, open } = gate();
      const recorded = await recordedLane(queue, [family], () => opened);
      await queue.add({ id: "runs", family, priority: 1 });
      await queue.add({ id: "waits", family, priority: 2 });
      await recorded.lane.open(family);
      await until("it runs", () => recorded.taken.length === 1);
      const closed = recorded.lane.close(20_000);
      await sleep(100);
      open();
      await closed;
      expect(recorded.ended).toEqual(["runs"]);
      expect(recorded.lost).toEqual([]);
      expect(await queue.has({ id: "runs", family })).toBe(false);
      expect(await queue.has({ id: "waits", family })).toBe(true);
    });

    test("close lets go of what does not end, and another lane takes it at once", async () => {
      const family = unique("letgo");
      const queue = await openQueue(family);
      const { opened, open } = gate();
      const first = await recordedLane(queue, [family], () => opened);
      await queue.add({ id: "long", family, priority: 5 });
      await first.lane.open(family);
      await until("it runs", () => first.taken.length === 1);
      await first.lane.close(50);
      expect(first.lost).toEqual(["long"]);
      expect(first.ended).toEqual([]);
      const second = await recordedLane(queue, [family]);
      await second.lane.open(family);
      await until("the other took it", () => second.ended.length === 1, times.lockMs);
      open();
    });

    test("after close the process ends by itself", async () => {
      const other = startOther({ options: { ...server.options, ...times }, family: unique("end"), task: unique("t"), closeAtOnce: true });
      await other.heard("closed");
      await until("it ended", () => other.process.exitCode !== null, 5000);
      expect(other.process.exitCode).toBe(0);
    });

    test("an outage of the server: calls fail soon, what was queued runs afterwards, and so does what comes later", async () => {
      const [family, idle] = [unique("outage"), unique("idle")];
      const queue = await openQueue(family, idle);
      const { opened, open } = gate();
      const recorded = await recordedLane(queue, [family, idle], (id) => (id === "runs" ? opened : Promise.resolve()));
      let ticks = 0;
      await queue.every(unique("outage"), 300, async () => void ticks++);
      for (const id of ["runs", "waits"]) await queue.add({ id, family, priority: 1 });
      await recorded.lane.open(family);
      await until("it runs", () => recorded.taken.length === 1);
      await server.breakOff();
      try {
        const began = Date.now();
        await expect(queue.add({ id: "refused", family, priority: 1 })).rejects.toMatchObject({
          code: "queue_unavailable",
          retryable: true,
        });
        await expect(queue.has({ id: "runs", family })).rejects.toMatchObject({ code: "queue_unavailable" });
        await queue.remove({ id: "waits", family });
        expect(Date.now() - began).toBeLessThan(9000);
        await recorded.lane.open(idle);
        await recorded.lane.open(family);
        await sleep(1200);
      } finally {
        await server.bringBack();
      }
      open();
      await until("what was queued ran", () => recorded.ended.includes("waits"));
      await until("the server takes new items", () =>
        queue.add({ id: "later", family, priority: 1 }).then(
          () => true,
          () => false,
        ),
      );
      await until("what came later ran", () => recorded.ended.includes("later"));
      await recorded.lane.open(idle);
      await queue.add({ id: "switched", family: idle, priority: 1 });
      await until("the other family works too", () => recorded.ended.includes("switched"));
      const before = ticks;
      await until("the clock ticks on", () => ticks > before + 1);
      expect(recorded.most).toBe(1);
      expect(recorded.lost).toEqual([]);
    });
  });
}
