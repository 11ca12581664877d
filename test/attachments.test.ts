/** Files of every kind, brought to the whole product: taken by their content, served safely, and refused by tools that need a picture. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArtifactView } from "../core/view.ts";
import { errorsOf, jobsOf, type Product, startProduct, textOf } from "./setup/product.ts";

const key = "attachments-test-key-0123";
const samples = join(import.meta.dirname, "..", "platform", "media", "testing", "samples");
let product: Product;
beforeAll(async () => {
  product = await startProduct({ MYSPINBOT_KEY: key, MYSPINBOT_PREVIEW: "1", MYSPINBOT_MAX_UPLOAD: "4000000" });
}, 60_000);
afterAll(() => product?.close());

const ask = (path: string, init: RequestInit = {}) =>
  fetch(product.url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });
const bring = (name: string, body: Uint8Array<ArrayBuffer> | ReadableStream, more: object = {}) =>
  ask(`/v1/files?name=${encodeURIComponent(name)}`, { method: "POST", body, ...more });
const refusal = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { error: { code: string; message: string } }).error,
});
const sample = async (name: string) => new Uint8Array(await readFile(join(samples, name)));
/** Every stored or half stored file. */
const stored = async () =>
  (await readdir(join(product.folder, "files"), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

describe("a file that is no picture", () => {
  it.each([
    ["voice.wav", "holiday.png", "holiday.wav", "audio/wav", "inline"],
    ["clip.mov", "clip.mov", "clip.mov", "video/quicktime", "inline"],
    ["photos.zip", "photos", "photos.zip", "application/zip", "attachment"],
    ["style.safetensors", "my.style.safetensors", "my.style.safetensors", "application/x-safetensors", "attachment"],
  ])("%s called %s is %s, and comes back whole, in parts, and safely", async (file, called, name, mediaType, kind) => {
    const bytes = await sample(file);
    const response = await bring(called, bytes);
    const view = (await response.json()) as ArtifactView;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect([response.status, view.name, view.media_type, view.bytes, view.sha256]).toEqual([201, name, mediaType, bytes.length, sha256]);
    const whole = await ask(view.path);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    expect([whole.headers.get("content-type"), whole.headers.get("x-content-type-options")]).toEqual([mediaType, "nosniff"]);
    expect(whole.headers.get("content-disposition")).toMatch(new RegExp(`^${kind}; `));
    const part = await ask(view.path, { headers: { range: "bytes=5-14" } });
    expect([part.status, Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(5, 15))]).toEqual([206, true]);
    const known = (await (await ask(`/v1/files?sha256=${sha256}`)).json()) as { files: ArtifactView[] };
    expect(known.files.map(({ id }) => id)).toContain(view.id);
  });

  it("is refused by a tool that needs a picture, in plain words", async () => {
    const { id } = (await (await bring("june.wav", await sample("voice.wav"))).json()) as ArtifactView;
    const parts = await product.say("upscale this 2x", { attachments: [id] });
    expect(jobsOf(parts)).toEqual([]);
    const words = textOf(parts) + JSON.stringify(errorsOf(parts));
    expect(words).toContain("june.wav is audio; upscale_image needs a picture (PNG, JPEG or WebP)");
    const direct = await ask("/v1/tools/render_image", {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ prompt: "a fox", init_image: id }) },
    });
    expect((await refusal(direct)).message).toContain("june.wav is audio; render_image needs a picture");
    expect((await ask(`/v1/files/${id}/thumbnail`)).status).toBe(415);
    expect((await ask(`/v1/files/${id}/x?strip=1`)).status).toBe(200);
  });
});

describe("what is refused leaves nothing behind", () => {
  const chunks = (count: number, first: Uint8Array) => {
    let sent = 0;
    return new ReadableStream({
      pull(controller) {
        if (sent++ === 0) controller.enqueue(first);
        else if (sent > count) controller.close();
        else controller.enqueue(new Uint8Array(100_000));
      },
    });
  };

  it.each([
    ["a text called .png", "notes.png", async () => new TextEncoder().encode("only words"), 415, "text, whatever its ending .png says"],
    ["0 bytes", "none.wav", async () => new Uint8Array(0), 415, "The file is empty: it has 0 bytes"],
    ["a video that was cut", "clip.mp4", async () => (await sample("clip.mp4")).slice(0, 3000), 415, "The file is broken"],
    ["more than is allowed", "big.zip", async () => new Uint8Array(4_000_001), 413, "at most 4 MB (MYSPINBOT_MAX_UPLOAD)"],
  ])("%s", async (_what, name, make, status, words) => {
    const before = (await stored()).length;
    const told = await refusal(await bring(name, await make()));
    expect([told.status, told.message]).toEqual([status, expect.stringContaining(words)]);
    expect((await stored()).length).toBe(before);
  });

  it("more than is allowed that does not say so beforehand", async () => {
    const before = (await stored()).length;
    const told = await refusal(await bring("big.wav", chunks(80, (await sample("voice.wav")).fill(255, 40, 44)), { duplex: "half" }));
    expect([told.status, told.code]).toEqual([413, "limit_exceeded"]);
    expect((await stored()).length).toBe(before);
  });
});

it("300 files in one message are one turn, not 300", async () => {
  const bytes = await sample("voice.wav");
  const ids: string[] = [];
  for (let n = 0; n < 300; n++) ids.push(((await (await bring(`${n}.wav`, bytes)).json()) as ArtifactView).id);
  const parts = await product.say("upscale this 2x", { attachments: ids });
  expect(jobsOf(parts)).toEqual([]);
  expect(textOf(parts) + JSON.stringify(errorsOf(parts))).toMatch(/Which of the 300 attached files\?/);
}, 60_000);
