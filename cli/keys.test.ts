/** `key`: the key alone on stdout, words on stderr. */
import { expect, it } from "vitest";
import type { AccessKeyView } from "../core/client.ts";
import { createKey, listKeys, revokeKey } from "./keys.ts";

const view: AccessKeyView = {
  ...{ id: "key_0123456789abcdef", name: "phone", principal: "june", scopes: ["jobs:read"] },
  created_at: "2026-01-01T00:00:00.000Z",
};

function ears() {
  const [stdout, said]: [string[], string[]] = [[], []];
  return { stdout, said, out: { stdout: { write: (text: string) => stdout.push(text) }, say: (text: string) => void said.push(text) } };
}

it("create prints the key alone, and says whose it is and that it is shown once", async () => {
  const { stdout, said, out } = ears();
  const wishes: unknown[] = [];
  const client = {
    create: async (wish: object) => {
      wishes.push(wish);
      return { key: view, secret: "spin_secret" };
    },
  };
  expect(await createKey(client, { name: "phone", scopes: "jobs:read, train admin", principal: "june" }, out)).toBe(0);
  await createKey(client, {}, out);
  expect(wishes).toEqual([{ name: "phone", scopes: ["jobs:read", "train", "admin"], principal: "june" }, {}]);
  expect(stdout).toEqual(["spin_secret\n", "spin_secret\n"]);
  expect(said[0]).toMatch(/phone.*june.*jobs:read.*this once/);
  expect(said.join()).not.toContain("spin_secret");
});

it("list has a line for each key with what became of it, and no control characters of a name", async () => {
  const { stdout, out } = ears();
  const keys = [
    { ...view, name: "a\u001b[31mb" },
    { ...view, last_used_at: "2026-01-02T00:00:00.000Z" },
    { ...view, revoked_at: "2026-01-03T00:00:00.000Z" },
  ];
  await listKeys({ list: async () => keys }, out);
  expect(stdout.map((line) => /never used|last used|revoked/.exec(line)?.[0])).toEqual(["never used", "last used", "revoked"]);
  expect(stdout.join("")).not.toContain("\u001b");
});

it("list of nothing says how to make one; revoke says what ended", async () => {
  const { stdout, said, out } = ears();
  await listKeys({ list: async () => [] }, out);
  await revokeKey({ revoke: async () => view }, view.id, out);
  expect(stdout).toEqual([]);
  expect(said[0]).toContain("key create");
  expect(said[1]).toContain(view.id);
});
