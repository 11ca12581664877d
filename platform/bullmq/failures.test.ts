/** Patience with a limit that is fair to a busy machine. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { within } from "./failures.ts";

test("silence ends the wait", async () => {
  await expect(within(50, new Promise(() => undefined))).rejects.toThrow("no answer within 50 ms");
});

test("time in which nothing could be heard, because this process was busy, does not count", async () => {
  const answer = within(200, sleep(250, "there"));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  expect(await answer).toBe("there");
});
