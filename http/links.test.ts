/** Signed links over HTTP: without a key, for one file, as unknown as a file that never was when they are no good. */
import { describe, expect, it } from "vitest";
import { createLinks } from "../core/links.ts";
import { callers, near } from "./testing/callers.ts";

const nobodys = "art_0000000000000000";

async function start() {
  const all = callers({ keyless: false });
  const file = all.parts.studio.addFile(Buffer.from("fox"), { name: "fox.png", principal: "june" });
  const june = await all.parts.keys.create({ name: "june", principal: "june", scopes: ["jobs:read"] });
  const mallory = await all.parts.keys.create({ name: "mallory", principal: "mallory", scopes: ["jobs:read"] });
  const made = await all.ask(`/v1/files/${file.id}/link`, all.bearer(june.secret), { method: "POST" });
  return { ...all, file, june: all.bearer(june.secret), mallory: all.bearer(mallory.secret), made, path: String(made.body["path"]) };
}

describe("a signed link", () => {
  it("is made by the owner, and opens the file, or a part of it, without a key", async () => {
    const { app, made, path, file } = await start();
    expect(made.status).toBe(201);
    const left = Date.parse(String(made.body["expires_at"])) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(15 * 60_000);
    expect(path.startsWith(`/v1/files/${file.id}/fox.png?`)).toBe(true);
    const get = (headers = {}) => app.request(path, { headers: { host: "localhost", ...headers } }, { remote: "10.0.0.9" });
    expect(await (await get()).text()).toBe("fox");
    expect((await get({ range: "bytes=1-1" })).status).toBe(206);
    const head = await app.request(path, { method: "HEAD", headers: { host: "localhost" } }, { remote: "10.0.0.9" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "3", ""]);
  });
  it("is over after its time", async () => {
    let clock = Date.UTC(2026, 0, 1);
    const links = createLinks({ secret: Buffer.alloc(32, 7), owner: async (id) => all.parts.studio.ownerOf(id), now: () => clock });
    const all = callers({ key: "0123456789abcdef", links }, { links });
    const file = all.parts.studio.addFile(Buffer.from("fox"), { name: "fox.png" });
    const made = await all.ask(`/v1/files/${file.id}/link`, all.bearer("0123456789abcdef"), { method: "POST" });
    expect(made.body["expires_at"]).toBe("2026-01-01T00:15:00.000Z");
    clock += 15 * 60_000 - 1;
    expect((await all.ask(String(made.body["path"]))).status).toBe(200);
    clock += 1;
    expect((await all.ask(String(made.body["path"]))).status).toBe(404);
  });
  it("without the recipe opens nothing with it", async () => {
    const { ask, file, june } = await start();
    const { body } = await ask(`/v1/files/${file.id}/link?strip=1`, june, { method: "POST" });
    const path = String(body["path"]);
    expect((await ask(path)).body["text"]).toBe("stripped");
    expect((await ask(path.replace("strip=1&", ""))).status).toBe(404);
  });
  it("is for nothing but that: other methods, paths and files are as unknown as ever, or ask for a key", async () => {
    const { ask, path, parts } = await start();
    const query = path.slice(path.indexOf("?"));
    const other = parts.studio.addFile(Buffer.from("hare"), { name: "hare.png", principal: "june" });
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) expect((await ask(path, {}, { method })).status, method).toBe(404);
    expect((await ask(`/v1/files/${other.id}/hare.png${query}`)).status).toBe(404);
    const id = path.split("/")[3];
    for (const more of [`/v1/files/${id}${query}`, `/v1/files/${id}/thumbnail${query}`, `/v1/jobs${query}`, `/v1/status${query}`])
      expect((await ask(more)).status, more).toBe(401);
    expect((await ask(`/v1/files/${id}/link${query}`, {}, { method: "POST" })).status).toBe(404);
  });
  it("that is no good is answered in every way as a file that never was", async () => {
    const { ask, path, file } = await start();
    const [, query] = path.split("?");
    const answer = async (id: string, more: string) => {
      const { status, headers, body } = await ask(`/v1/files/${id}/fox.png?${more}`);
      return JSON.stringify([status, [...headers], body]).replaceAll(id, "ID");
    };
    for (const more of [`${query}x`, "sig=", "exp=1&sig=A", String(query).replace(/exp=\d+/, "exp=1")]) {
      const known = await answer(file.id, more);
      expect(known).toBe(await answer(nobodys, more));
      expect(known).toContain("[404,");
    }
  });
  it("of somebody else is unknown to whoever says who they are, and a bad key is still a bad key", async () => {
    const { ask, path, file, june, mallory, bearer } = await start();
    expect((await ask(path, june)).status).toBe(200);
    const theirs = await ask(path, mallory);
    const none = await ask(path.replace(file.id, nobodys), mallory);
    const shown = ({ status, headers, body }: typeof none, id: string) => JSON.stringify([status, [...headers], body]).replaceAll(id, "ID");
    expect(shown(theirs, file.id)).toBe(shown(none, nobodys));
    expect(theirs.status).toBe(404);
    expect((await ask(path, bearer("spin_wrong"))).status).toBe(401);
  });
  it("is the plain path where its owner needs no key, and signed for anybody else, and for a form that is to open nothing else", async () => {
    const { ask, parts, bearer } = callers({ keyless: true });
    const file = parts.studio.addFile(Buffer.from("fox"), { name: "a fox.png" });
    const link = async (id: string, headers = {}, more = "") =>
      (await ask(`/v1/files/${id}/link${more}`, headers, { method: "POST" }, near)).body as { path: string };
    expect(await link(file.id)).toEqual({ path: `/v1/files/${file.id}/a%20fox.png` });
    expect((await ask((await link(file.id)).path, {}, {}, near)).body["text"]).toBe("fox");
    expect(await link(file.id, {}, "?strip=1")).toMatchObject({ path: expect.stringContaining("sig="), expires_at: expect.any(String) });
    const june = await parts.keys.create({ name: "june", principal: "june", scopes: ["jobs:read"] });
    const hers = parts.studio.addFile(Buffer.from("hare"), { name: "hare.png", principal: "june" });
    const { path } = await link(hers.id, bearer(june.secret));
    expect((await ask(path, {}, {}, near)).body["text"]).toBe("hare");
    expect((await ask(path.split("?")[0] ?? "", {}, {}, near)).status).toBe(404);
  });
  it("cannot be made for another's file", async () => {
    const { ask, file, mallory } = await start();
    expect((await ask(`/v1/files/${file.id}/link`, mallory, { method: "POST" })).status).toBe(404);
  });
});
