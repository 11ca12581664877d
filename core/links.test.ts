/** Signed links: one file of one principal, GET and HEAD only, a quarter of an hour. */
import * as crypto from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { createLinks, linkSecret, longestLink } from "./links.ts";

vi.mock("node:crypto", { spy: true });

const id = "art_0123456789abcdef";
const other = "art_fedcba9876543210";

function start(more: { secret?: Uint8Array } = {}) {
  const owners = new Map([
    [id, "june"],
    [other, "june"],
  ]);
  let clock = Date.UTC(2026, 0, 1);
  const links = createLinks({ secret: Buffer.alloc(32, 1), owner: async (one) => owners.get(one), now: () => clock, ...more });
  const asked = (path: string, changes: object = {}) => {
    const { pathname, searchParams: query } = new URL(path, "http://x");
    const [exp, sig] = [query.get("exp") ?? undefined, query.get("sig") ?? undefined];
    return links.open({ method: "GET", id: pathname.split("/")[3] ?? "", strip: query.get("strip") === "1", exp, sig, ...changes });
  };
  const pass = (ms: number): void => {
    clock += ms;
  };
  return { links, asked, owners, pass };
}

describe("a link", () => {
  it("opens its file as its owner, for reading only, until it ends", async () => {
    const { links, asked, pass } = start();
    const { path, expiresAt } = links.make({ id: "june" }, { id, name: "a fox?.png" });
    expect(path).toMatch(new RegExp(`^/v1/files/${id}/a%20fox%3F\\.png\\?exp=\\d+&sig=[\\w-]{43}$`));
    expect(expiresAt.getTime() - Date.UTC(2026, 0, 1)).toBe(longestLink * 1000);
    expect(await asked(path)).toEqual({ id: "june", scopes: ["jobs:read"] });
    expect(await asked(path, { method: "HEAD" })).toEqual({ id: "june", scopes: ["jobs:read"] });
    pass(longestLink * 1000 - 1);
    expect(await asked(path)).toBeDefined();
    pass(1);
    expect(await asked(path)).toBeUndefined();
  });
  it.each([
    ["another method", { method: "POST" }],
    ["one that changes", { method: "PUT" }],
    ["another file", { id: other }],
    ["an unknown file", { id: "art_zzzzzzzzzzzzzzzz" }],
    ["the recipe that was left out", { strip: false }],
    ["a later end", { exp: `${Date.UTC(2026, 0, 1) / 1000 + 800}` }],
    ["an end that is none", { exp: "1e12" }],
    ["no end", { exp: undefined }],
    ["no signature", { sig: undefined }],
    ["an empty one", { sig: "" }],
    ["one of another length", { sig: "abc" }],
    ["one of nothing", { sig: "A".repeat(43) }],
  ])("is no good with %s", async (_what, changes) => {
    const { links, asked } = start();
    expect(await asked(links.make({ id: "june" }, { id, name: "a.png" }, { strip: true }).path, changes)).toBeUndefined();
  });
  it("is compared in constant time, whatever is asked", async () => {
    const { links } = start();
    for (const sig of [undefined, "x", "A".repeat(43)]) {
      vi.mocked(crypto.timingSafeEqual).mockClear();
      await links.open({ method: "GET", id: "art_zzzzzzzzzzzzzzzz", strip: false, exp: "1", sig });
      expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(1);
    }
  });
  it("is bound to whose the file is, and to this installation", async () => {
    const { links, asked, owners } = start();
    const { path } = links.make({ id: "june" }, { id, name: "a.png" });
    expect(await start({ secret: Buffer.alloc(32, 2) }).asked(path)).toBeUndefined();
    expect(await asked(links.make({ id: "mallory" }, { id, name: "a.png" }).path)).toBeUndefined();
    owners.set(id, "mallory");
    expect(await asked(path)).toBeUndefined();
  });
  it("is never longer than a quarter of an hour, though it be signed", async () => {
    const { links, asked, pass } = start();
    const { path, expiresAt } = links.make({ id: "june" }, { id, name: "a.png" }, { seconds: 1e9 });
    expect(expiresAt.getTime() - Date.UTC(2026, 0, 1)).toBe(longestLink * 1000);
    // a clock that was wrong when it was made
    pass(-60_000);
    expect(await asked(path)).toBeUndefined();
  });
});

it("the secret is made once, of 32 random bytes", async () => {
  const kept = new Map<string, unknown>();
  const settings = {
    keep: async <T>(name: string, value: T) => {
      if (!kept.has(name)) kept.set(name, value);
      return kept.get(name) as T;
    },
  };
  const secret = await linkSecret(settings);
  expect(secret).toHaveLength(32);
  expect(await linkSecret(settings)).toEqual(secret);
  kept.set("link_secret", "short");
  await expect(linkSecret(settings)).rejects.toThrow("link_secret");
});
