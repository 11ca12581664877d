/** Uploads: names that every face can show, and files that stay with their rows. */
import { expect, it } from "vitest";
import { memoryFiles, plainMedia } from "../workers/testing/memory.ts";
import type { Artifact } from "./artifact.ts";
import { Failure } from "./failure.ts";
import { defaultLimits } from "./limits.ts";
import type { ArtifactStore } from "./ports/job-store.ts";
import type { Media } from "./ports/media.ts";
import { readAll, safeName, storeUpload } from "./uploads.ts";
import { artifactView } from "./view.ts";

const rows = (addUpload: ArtifactStore["addUpload"]): ArtifactStore => ({
  addUpload,
  remove: async () => [],
  get: async () => undefined,
  list: async () => [],
  isReferenced: async () => false,
  owner: async () => undefined,
});

async function upload(name: string, addUpload: ArtifactStore["addUpload"]) {
  const files = memoryFiles();
  const { Readable } = await import("node:stream");
  const stored = await storeUpload({ files, media: plainMedia, artifacts: rows(addUpload), limits: defaultLimits }, { id: "p" } as never, {
    name,
    body: Readable.from([Buffer.from("picture")]),
  }).then(
    (artifact) => artifact,
    (error: unknown) => error as Error,
  );
  return { files, stored };
}

it("a name that is cut never ends in half a character, so that its address can be written", async () => {
  const { stored } = await upload(`${"a".repeat(99)}\u{1f98a}\u{1f98a}.png`, async () => undefined);
  const view = artifactView(stored as Artifact);
  expect(view.name).toBe(`${"a".repeat(99)}\u{1f98a}.png`);
  expect(decodeURIComponent(view.path)).toContain("\u{1f98a}");
  expect(safeName("half \ud83eof one.png", "png")).toBe("half of one.png");
});

it("keeps the file where nobody knows whether its row was committed, and removes it where it was not", async () => {
  const known: Artifact[] = [];
  const lost = await upload("a.png", async (artifact) => {
    known.push(artifact);
    throw new Failure("database_unavailable", "the answer to the commit was lost", { retryable: true });
  });
  expect((lost.stored as Failure).code).toBe("database_unavailable");
  expect([...lost.files.stored.keys()]).toEqual(known.map((artifact) => artifact.storageKey));
  const refused = await upload("a.png", async () => {
    throw new Error("a fault of ours");
  });
  expect(refused.files.stored.size).toBe(0);
});

it("stops reading as soon as there is too much", async () => {
  const { Readable } = await import("node:stream");
  let given = 0;
  const body = Readable.from(
    (function* () {
      for (; given < 1000; given++) yield Buffer.alloc(1000);
    })(),
  );
  await expect(readAll(body, 5000, () => new Failure("limit_exceeded", "too much"))).rejects.toMatchObject({ code: "limit_exceeded" });
  expect(given).toBeLessThan(100);
});

const passing = (ending: string): Media => ({
  ...plainMedia,
  describe: async () => ({}),
  tell: () => {
    let bytes = 0;
    return {
      feed: (chunk) => {
        bytes += chunk.length;
      },
      end: () => {
        if (bytes % 1000 !== 0) throw new Failure("unsupported_media", "it ends too early");
        return { mediaType: "audio/wav", ending };
      },
    };
  },
});

async function bring(bytes: number, maxUpload: number, given: { bytes?: number } = {}) {
  const { Readable } = await import("node:stream");
  const files = memoryFiles();
  const known: Artifact[] = [];
  let sent = 0;
  const body = Readable.from(
    (function* () {
      for (; sent < bytes; sent += 500) yield Buffer.alloc(Math.min(500, bytes - sent));
    })(),
    { objectMode: false },
  );
  const limits = { ...defaultLimits, maxUpload };
  const artifacts = rows(async (artifact) => void known.push(artifact));
  const stored = await storeUpload({ files, media: passing("wav"), artifacts, limits }, { id: "p" } as never, {
    ...{ name: "my voice.png", body },
    ...given,
  }).catch((error: unknown) => error as Failure);
  return { stored, files: files.stored.size, known, sent, closed: body.destroyed };
}

it("stores what is no picture while it passes by, under the name of what it is", async () => {
  const { stored, known, files } = await bring(20_000, 50_000);
  expect(stored).toMatchObject({ name: "my voice.wav", mediaType: "audio/wav", bytes: 20_000, attempt: 0 });
  expect([known.length, files]).toEqual([1, 1]);
});

it.each([
  ["one that says beforehand that it is too large", 90_000, { bytes: 90_000 }, "limit_exceeded", 0],
  ["one that becomes too large", 90_000, {}, "limit_exceeded", 60_000],
  ["one that ends too early", 20_300, {}, "unsupported_media", 21_000],
])("of %s nothing is left, and no more is read than needed", async (_what, bytes, given, code, most) => {
  const { stored, files, known, sent, closed } = await bring(bytes, 30_000, given);
  expect(stored).toMatchObject({ name: "Failure", code });
  expect([files, known, closed]).toEqual([0, [], true]);
  expect(sent).toBeLessThanOrEqual(most);
});

it("reads a picture whole, and so within a limit of its own", async () => {
  const { Readable } = await import("node:stream");
  const body = Readable.from(
    (function* () {
      for (let sent = 0; sent < 60; sent++) yield Buffer.alloc(1_000_000);
    })(),
    { objectMode: false },
  );
  const parts = { files: memoryFiles(), media: plainMedia, artifacts: rows(async () => undefined), limits: defaultLimits };
  await expect(storeUpload(parts, { id: "p" } as never, { name: "x.png", body })).rejects.toMatchObject({
    code: "limit_exceeded",
    message: expect.stringContaining("A picture has at most 50 MB"),
  });
});

const described = (describe: Media["describe"]): Media => ({
  ...plainMedia,
  describe,
  tell: () => ({ feed: () => undefined, end: () => ({ mediaType: "video/mp4", ending: "mp4" }) }),
});

async function bringVideo(describe: Media["describe"]) {
  const { Readable } = await import("node:stream");
  const files = memoryFiles();
  const known: Artifact[] = [];
  const ranged = {
    ...files,
    open: async (key: string, range = { start: 0, end: 0 }) => Readable.from([files.stored.get(key)?.subarray(range.start, range.end + 1)]),
  };
  const parts = { files: ranged, media: described(describe), artifacts: rows(async (artifact) => void known.push(artifact)) };
  const file = { name: "me.mp4", body: Readable.from([Buffer.from("0123456789")]) };
  const stored = await storeUpload({ ...parts, limits: defaultLimits }, { id: "p" } as never, file).catch((error: unknown) => error);
  return { stored, known, files: files.stored.size };
}

it("keeps how long and how large a video is and whether it has sound, read from where it is stored", async () => {
  const read: string[] = [];
  const { stored, known } = await bringVideo(async (source, mediaType) => {
    read.push(mediaType, String(source.bytes), String(await source.read(3, 6)));
    return { seconds: 2.5, width: 64, height: 48, sound: true };
  });
  expect(read).toEqual(["video/mp4", "10", "345"]);
  expect(stored).toMatchObject({ name: "me.mp4", mediaType: "video/mp4", bytes: 10, seconds: 2.5, width: 64, height: 48, sound: true });
  expect(known).toEqual([stored]);
});

it("leaves nothing of a video whose index is broken", async () => {
  const broken = new Failure("unsupported_media", "The file is broken.");
  expect(await bringVideo(() => Promise.reject(broken))).toEqual({ stored: broken, known: [], files: 0 });
});
