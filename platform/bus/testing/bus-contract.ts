/** What every bus must do. `pair` gives two ends of one bus: of two processes, or twice the same where there is only one. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { BusMessage, LiveEvent } from "../../../core/event.ts";
import type { Log } from "../../../core/log.ts";
import type { Bus } from "../../../core/ports/bus.ts";
import { rememberingLog, until } from "../../bullmq/testing/help.ts";

export interface Ends {
  here: Bus;
  there: Bus;
  close(): Promise<void>;
}

export function progress(job: string, fraction = 0.5): LiveEvent {
  return { type: "progress", job, attempt: 1, progress: { stage: "sampling", fraction, note: "Schnee, 雪, ❄" } };
}

export function busContract(name: string, pair: (log: Log) => Promise<Ends>): void {
  describe(`the bus ${name}`, () => {
    const log = rememberingLog();
    let ends: Ends;
    const stops: (() => void)[] = [];
    beforeAll(async () => {
      ends = await pair(log);
    });
    afterEach(() => {
      for (const stop of stops.splice(0)) stop();
      log.lines.length = 0;
    });
    afterAll(() => ends.close());

    const hear = (bus: Bus): BusMessage[] => {
      const heard: BusMessage[] = [];
      stops.push(bus.subscribe((message) => void heard.push(message)));
      return heard;
    };
    const of = (job: string, heard: BusMessage[]): BusMessage[] => heard.filter((message) => "job" in message && message.job === job);
    let words = 0;
    /** When a last word has arrived, all that was said before has too, or never will. */
    const settled = async (from: Bus, at: BusMessage[]): Promise<void> => {
      const last = `last_${words++}`;
      from.publish(progress(last));
      await until("the last word arrives", () => of(last, at).length > 0);
      await sleep(50);
    };

    test("a live message is heard once at either end, unchanged and in order", async () => {
      const [here, there] = [hear(ends.here), hear(ends.there)];
      const messages = Array.from({ length: 20 }, (_, number) => progress("job_a", number / 20));
      for (const message of messages) ends.here.publish(message);
      await settled(ends.here, there);
      await settled(ends.there, here);
      expect(of("job_a", there)).toEqual(messages);
      expect(of("job_a", here)).toEqual(messages);
    });

    test("the publisher's own process hears at once", () => {
      const here = hear(ends.here);
      ends.here.publish(progress("job_b"));
      expect(here).toEqual([progress("job_b")]);
    });

    test("a listener that throws is logged, and disturbs neither the publisher nor the others", async () => {
      stops.push(
        ends.here.subscribe(() => {
          throw new Error("a listener that fails");
        }),
      );
      const here = hear(ends.here);
      ends.here.publish(progress("job_c"));
      expect(here).toEqual([progress("job_c")]);
      expect(log.lines).toContainEqual({ level: "error", text: "a listener of the bus failed" });
    });

    test("who has stopped hears nothing more, also in the midst of a message; the same listener may come twice", () => {
      const heard: BusMessage[] = [];
      const listener = (message: BusMessage) => void heard.push(message);
      const stopFirst = ends.here.subscribe(listener);
      stops.push(ends.here.subscribe(listener));
      ends.here.publish(progress("job_d"));
      expect(heard).toHaveLength(2);
      stopFirst();
      stopFirst();
      ends.here.publish(progress("job_d"));
      expect(heard).toHaveLength(3);
      const stop = ends.here.subscribe(() => stop());
      ends.here.publish(progress("job_d"));
      expect(heard).toHaveLength(4);
    });

    test("publish works unbound and never throws, whatever the size", async () => {
      const { publish } = ends.here;
      const there = hear(ends.there);
      expect(() => publish({ type: "preview", job: "job_e", mediaType: "image/jpeg", data: "x".repeat(300_000) })).not.toThrow();
      await settled(ends.here, there);
      // whole or not at all
      for (const message of of("job_e", there)) expect(message.type === "preview" && message.data.length).toBe(300_000);
    });
  });
}
