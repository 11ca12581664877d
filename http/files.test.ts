/** Files in memory: upload, whole, ranges, conditions, and a store that breaks. */
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { defaultLimits } from "../core/limits.ts";
import { createApp } from "./app.ts";
import { testParts, until } from "./testing/app-parts.ts";

const content = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 251));

function start(maxUpload = 2000) {
  const parts = testParts({ limits: { ...defaultLimits, maxUpload } });
  const app = createApp(parts);
  return { parts, studio: parts.studio, ask: async (path: string, init: RequestInit = {}) => app.request(path, init) };
}

describe("download", () => {
  it("gives the bytes with everything that keeps a browser safe", async () => {
    const { ask, studio } = start();
    const { id, sha256 } = studio.addFile(content, { name: "Füchslein.png" });
    const response = await ask(`/v1/files/${id}/anything`);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": "1000",
      "accept-ranges": "bytes",
      etag: `"${sha256}"`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox",
      "cache-control": "private, max-age=31536000, immutable",
      "content-disposition": "inline; filename=\"F_chslein.png\"; filename*=UTF-8''F%C3%BCchslein.png",
    });
    expect((await ask(`/v1/files/${id}/x?download=1`)).headers.get("content-disposition")).toMatch(/^attachment/);
  });
  it.each([
    ["bytes=0-0", 206, "bytes 0-0/1000", 0, 1],
    ["bytes=990-", 206, "bytes 990-999/1000", 990, 1000],
    ["bytes=-5", 206, "bytes 995-999/1000", 995, 1000],
    ["bytes=0-1,4-5", 200, null, 0, 1000],
  ])("%s is %i", async (range, status, contentRange, from, to) => {
    const { ask, studio } = start();
    const { id } = studio.addFile(content);
    const response = await ask(`/v1/files/${id}/x`, { headers: { range } });
    expect([response.status, response.headers.get("content-range")]).toEqual([status, contentRange]);
    expect(Buffer.from(await response.arrayBuffer()).equals(content.subarray(from, to))).toBe(true);
  });
  it("after the end is 416 with the size", async () => {
    const { ask, studio } = start();
    const { id } = studio.addFile(content);
    const response = await ask(`/v1/files/${id}/x`, { headers: { range: "bytes=1000-" } });
    expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */1000"]);
    expect(((await response.json()) as { error: { code: string } }).error.code).toBe("invalid_input");
  });
  it("is not sent to those who have it, and whole to those whose part is of another file", async () => {
    const { ask, studio } = start();
    const { id, sha256 } = studio.addFile(content);
    const same = await ask(`/v1/files/${id}/x`, { headers: { "if-none-match": `"other", "${sha256}"` } });
    expect([same.status, await same.text()]).toEqual([304, ""]);
    expect((await ask(`/v1/files/${id}/x`, { headers: { range: "bytes=0-1", "if-range": '"other"' } })).status).toBe(200);
    expect((await ask(`/v1/files/${id}/x`, { headers: { range: "bytes=0-1", "if-range": `"${sha256}"` } })).status).toBe(206);
  });
  it("opens nothing for HEAD", async () => {
    const { ask, studio } = start();
    let opened = 0;
    const { id } = studio.addFile(
      () => {
        opened++;
        return Readable.from([]);
      },
      { bytes: 77 },
    );
    const response = await ask(`/v1/files/${id}/x`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-length"), opened]).toEqual([200, "77", 0]);
  });
  it("strips the recipe under another tag", async () => {
    const { ask, studio } = start();
    const { id, sha256 } = studio.addFile(content);
    const response = await ask(`/v1/files/${id}/x?strip=1`);
    expect([await response.text(), response.headers.get("etag")]).toEqual(["stripped", `"${sha256}-stripped-2"`]);
  });
  it("is broken off, and not called whole, where the store has less than is recorded", async () => {
    const { ask, studio, parts } = start();
    const { id } = studio.addFile(() => Readable.from([Buffer.from("short")]), { bytes: 77 });
    const response = await ask(`/v1/files/${id}/x`);
    await expect(response.arrayBuffer()).rejects.toThrow();
    expect(parts.logged.filter((line) => line.level === "warn")).toHaveLength(1);
  });
  it("closes the file when its reader goes", async () => {
    const { ask, studio } = start();
    const file = new Readable({
      read() {
        this.push(Buffer.alloc(65_536));
      },
    });
    const { id } = studio.addFile(() => file, { bytes: 1e9 });
    const reader = (await ask(`/v1/files/${id}/x`)).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await until(() => file.destroyed, "the file is closed");
  });
});

describe("thumbnail and facts", () => {
  it("of a picture", async () => {
    const { ask, studio } = start();
    const { id, sha256 } = studio.addFile(content);
    const response = await ask(`/v1/files/${id}/thumbnail`);
    expect([response.headers.get("content-type"), await response.text()]).toEqual(["image/webp", "webp"]);
    expect((await ask(`/v1/files/${id}/thumbnail`, { headers: { "if-none-match": `"${sha256}-512"` } })).status).toBe(304);
    expect(await (await ask(`/v1/files/${id}`)).json()).toMatchObject({ id, sha256, bytes: 1000 });
  });
  it("of no picture is an error", async () => {
    const { ask, studio } = start();
    const { id } = studio.addFile(content, { mediaType: "audio/wav" });
    expect((await ask(`/v1/files/${id}/thumbnail`)).status).toBe(415);
  });
});

describe("upload", () => {
  it("takes raw bytes and a form", async () => {
    const { ask, studio } = start();
    const raw = await ask("/v1/files?name=f%C3%BCchse.png", { method: "POST", body: content });
    const view = (await raw.json()) as { id: string; name: string; bytes: number };
    expect([raw.status, view.name, view.bytes]).toEqual([201, "füchse.png", 1000]);
    const form = new FormData();
    form.set("file", new File([content], "cat.png", { type: "image/png" }));
    const sent = (await (await ask("/v1/files", { method: "POST", body: form })).json()) as { name: string; bytes: number };
    expect([sent.name, sent.bytes]).toEqual(["cat.png", 1000]);
    expect(studio.canceled).toEqual([]);
  });
  it("is refused over the limit before it is read, by name of the setting", async () => {
    for (const headers of [
      { "content-length": "5000" },
      { "content-length": "900000", "content-type": "multipart/form-data; boundary=x" },
    ]) {
      const response = await start().ask("/v1/files?name=x", { method: "POST", body: "x", headers });
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect([response.status, error.code]).toEqual([413, "limit_exceeded"]);
      expect(error.message).toContain("MYSPINBOT_MAX_UPLOAD");
      // what was not read is still on its way
      expect(response.headers.get("connection")).toBe("close");
    }
  });
  it("of a broken form, or of two files, is told what to send", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    expect((await start().ask("/v1/files", { method: "POST", body: "nonsense", headers })).status).toBe(400);
    const form = new FormData();
    for (const name of ["a", "b"]) form.set(name, new File(["x"], name));
    expect((await start().ask("/v1/files", { method: "POST", body: form })).status).toBe(400);
  });
  it("as a form is refused over the picture limit, and told how a larger file goes", async () => {
    const headers = { "content-length": "60000000", "content-type": "multipart/form-data; boundary=x" };
    const response = await start(500_000_000).ask("/v1/files", { method: "POST", body: "x", headers });
    const { error } = (await response.json()) as { error: { message: string } };
    expect([response.status, error.message]).toEqual([413, expect.stringContaining("as raw bytes to POST /v1/files?name=…, up to 500 MB")]);
  });
});

describe("files that are there", () => {
  it("are found by their bytes, so that nobody sends them twice", async () => {
    const { ask, studio } = start();
    const { id, sha256 } = studio.addFile(content);
    studio.addFile(Buffer.from("another"));
    studio.addFile(content, { principal: "somebody else" });
    const found = (await (await ask(`/v1/files?sha256=${sha256}`)).json()) as { files: { id: string }[] };
    expect(found.files.map((file) => file.id)).toEqual([id]);
    expect(((await (await ask("/v1/files")).json()) as { files: unknown[] }).files).toHaveLength(2);
    expect((await ask("/v1/files?sha256=nonsense")).status).toBe(400);
  });
  it("say what may be sent", async () => {
    expect(await (await start(70_000_000).ask("/v1/limits")).json()).toEqual({
      ...{ file_bytes: 70_000_000, picture_bytes: 50_000_000, attachments: 500, text_characters: 32_000 },
    });
  });
  it.each([
    ["audio/wav", "inline"],
    ["video/mp4", "inline"],
    ["application/zip", "attachment"],
    ["application/x-safetensors", "attachment"],
    ["image/svg+xml", "attachment"],
    ["text/html", "attachment"],
  ])("%s is sent as what it is, %s, and never run", async (mediaType, kind) => {
    const { ask, studio } = start();
    const { id } = studio.addFile(content, { mediaType, name: "it" });
    const { status, headers } = await ask(`/v1/files/${id}/x`, { headers: { range: "bytes=10-19" } });
    expect([status, headers.get("content-range"), headers.get("content-type")]).toEqual([206, "bytes 10-19/1000", mediaType]);
    expect(headers.get("content-disposition")).toMatch(new RegExp(`^${kind};`));
    expect([headers.get("x-content-type-options"), headers.get("content-security-policy")]).toEqual(["nosniff", "sandbox"]);
  });
});
