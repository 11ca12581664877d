/** Access keys: shown once, hashed at rest, checked in constant time, gone at once when revoked. */
import * as crypto from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryKeys } from "../http/testing/memory-keys.ts";
import { createAccessKeys } from "./access-keys.ts";
import type { Log } from "./log.ts";

vi.mock("node:crypto", { spy: true });
afterEach(() => vi.clearAllMocks());

function start() {
  const store = memoryKeys();
  const logged: unknown[] = [];
  const note = (facts: object, text?: string) => void logged.push([facts, text]);
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
  let clock = Date.UTC(2026, 0, 1);
  const keys = createAccessKeys({ store, log, now: () => clock });
  const pass = (ms: number): void => {
    clock += ms;
  };
  return { store, keys, logged, pass };
}

const wish = { name: "phone", scopes: ["jobs:read"] as const, principal: "june" };

describe("a key", () => {
  it("has 256 random bits, opens the door, and is in no row and no log line", async () => {
    const { keys, store, logged } = start();
    const { key, secret } = await keys.create(wish);
    const random = /^spin_[0-9a-z]{16}_([\w-]{43})$/.exec(secret)?.[1] ?? "";
    expect(Buffer.from(random, "base64url")).toHaveLength(32);
    expect(key).toMatchObject({ ...wish, id: expect.stringMatching(/^key_/) });
    expect(await keys.verify(secret)).toMatchObject(wish);
    expect(store.rows[0]?.hash).toBe(crypto.createHash("sha256").update(random).digest("hex"));
    const kept = JSON.stringify([store.rows, logged, await keys.list(), key]);
    expect(kept).not.toContain(random);
    expect(JSON.stringify([logged, await keys.list(), key])).not.toContain(store.rows[0]?.hash);
  });
  it("is compared in constant time, also where there is none of that id", async () => {
    const { keys } = start();
    const { secret } = await keys.create(wish);
    const wrong = `${secret.slice(0, -2)}${secret.endsWith("AA") ? "BB" : "AA"}`;
    for (const text of [wrong, `spin_${"0".repeat(16)}_${"a".repeat(43)}`, secret]) {
      vi.mocked(crypto.timingSafeEqual).mockClear();
      expect(Boolean(await keys.verify(text))).toBe(text === secret);
      expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(1);
    }
  });
  it.each(["", "spin_", "spin_x_y", `spin_${"0".repeat(16)}_${"a".repeat(44)}`, `spin_${"u".repeat(16)}_${"a".repeat(43)}`])(
    "of another form (%j) is none",
    async (text) => {
      expect(await start().keys.verify(text)).toBeUndefined();
    },
  );
  it("is refused from the moment in which it is revoked, and stays listed", async () => {
    const { keys, pass } = start();
    const { key, secret } = await keys.create(wish);
    expect((await keys.revoke(key.id)).revokedAt).toBeInstanceOf(Date);
    expect(await keys.verify(secret)).toBeUndefined();
    pass(1000);
    expect(await keys.revoke(key.id)).toEqual((await keys.list())[0]);
    await expect(keys.revoke("key_0000000000000000")).rejects.toMatchObject({ code: "unknown_key" });
  });
  it("has its use noted once a minute, and works where that cannot be written", async () => {
    const { keys, store, pass } = start();
    const used = vi.spyOn(store, "used");
    const { secret } = await keys.create(wish);
    await keys.verify(secret);
    pass(59_000);
    await keys.verify(secret);
    expect(used).toHaveBeenCalledTimes(1);
    pass(1000);
    used.mockRejectedValueOnce(new Error("disk full"));
    expect(await keys.verify(secret)).toMatchObject(wish);
    expect(used).toHaveBeenCalledTimes(2);
  });
});

it("the first key is made where there was never any, for everything", async () => {
  const { keys } = start();
  const first = await keys.createFirst();
  expect(first?.key).toMatchObject({ principal: "local", scopes: ["admin"] });
  await keys.revoke(first?.key.id ?? "");
  expect(await keys.createFirst()).toBeUndefined();
});
