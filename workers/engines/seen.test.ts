/** What was seen once, and what is said of it while the database is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { Failure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { silentLog } from "../../core/log.ts";
import { createComfyui } from "./comfyui/comfyui.ts";
import { createSeen } from "./seen.ts";

const away = async () => {
  throw new Failure("database_unavailable", "away", { retryable: true });
};

it("remembers by name, and a choice fails rather than guesses while the database is away", async () => {
  const kept = new Map<string, Json>();
  const seen = createSeen({ get: async (name) => kept.get(name), set: async (name, value) => void kept.set(name, value) }, "comfyui");
  expect([await seen.get(), await seen.likely()]).toEqual([false, false]);
  await seen.set();
  expect([await seen.get(), await seen.get("another"), await seen.likely()]).toEqual([true, false, true]);
  await expect(createSeen({ get: away, set: away }, "comfyui").get()).rejects.toMatchObject({ code: "database_unavailable" });
});

it("a status that is asked for while database and engine are away is an answer, and no unhandled rejection that ends the process", async () => {
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", hear);
  const comfyui = createComfyui({
    url: "http://127.0.0.1:9",
    configured: false,
    seen: createSeen({ get: away, set: away }, "comfyui").likely,
    modelFamilies: {},
    waitMinutes: 0,
    log: silentLog,
  });
  try {
    expect(await comfyui.status()).toMatchObject({ state: "down" });
    await sleep(20);
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", hear);
    await comfyui.close();
  }
});
