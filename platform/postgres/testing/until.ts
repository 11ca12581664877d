/** Waiting for what will happen, with an end. */
import { setTimeout as sleep } from "node:timers/promises";

export async function until(met: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(10)) if (await met()) return;
  throw new Error(`not within 20 s: ${what}`);
}
