/** Access keys on PostgreSQL. */
import { expect, it } from "vitest";
import { newId } from "../../core/ids.ts";
import type { StoredAccessKey } from "../../core/ports/access.ts";
import { unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

const key = (more: Partial<StoredAccessKey> = {}): StoredAccessKey => ({
  ...{ id: newId("key"), name: "phone", principal: unique("june"), scopes: ["jobs:read", "act-as"], hash: "ab".repeat(32) },
  createdAt: new Date("2026-01-01T00:00:00.123Z"),
  ...more,
});

onEveryServer(({ database }) => {
  it("of 8 processes that open an empty house at once, one makes the first key", async () => {
    const { accessKeys, pool } = database();
    await pool.query("delete from access_keys");
    const made = await Promise.all(Array.from({ length: 8 }, () => accessKeys.addFirst(key())));
    expect(made.filter(Boolean)).toHaveLength(1);
    const [first] = await accessKeys.list();
    await accessKeys.revoke(first?.id ?? "", new Date());
    expect(await accessKeys.addFirst(key())).toBe(false);
  });

  it("a key comes back as it went in; the list has it without its hash", async () => {
    const { accessKeys } = database();
    const one = key();
    await accessKeys.add(one);
    expect(await accessKeys.find(one.id)).toEqual(one);
    const { hash: _, ...bare } = one;
    expect((await accessKeys.list()).find(({ id }) => id === one.id)).toEqual(bare);
    expect(await accessKeys.find(newId("key"))).toBeUndefined();
  });

  it("keeps when it was used, and when it was first revoked", async () => {
    const { accessKeys } = database();
    const one = key();
    await accessKeys.add(one);
    const [used, first, second] = [1, 2, 3].map((day) => new Date(Date.UTC(2026, 1, day)));
    await accessKeys.used(one.id, used as Date);
    expect(await accessKeys.revoke(one.id, first as Date)).toMatchObject({ id: one.id, lastUsedAt: used, revokedAt: first });
    expect(await accessKeys.revoke(one.id, second as Date)).toMatchObject({ revokedAt: first });
    expect(await accessKeys.find(one.id)).toMatchObject({ revokedAt: first, hash: one.hash });
    expect(await accessKeys.revoke(newId("key"), new Date())).toBeUndefined();
  });
});
