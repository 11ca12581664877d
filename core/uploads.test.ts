/** Uploads: names that every face can show, and files that stay with their rows. */
import { expect, it } from "vitest";
import { memoryFiles, plainMedia } from "../workers/testing/memory.ts";
import type { Artifact } from "./artifact.ts";
import { Failure } from "./failure.ts";
import { defaultLimits } from "./limits.ts";
import type { ArtifactStore } from "./ports/job-store.ts";
import { readAll, safeName, storeUpload } from "./uploads.ts";
import { artifactView } from "./view.ts";

const rows = (addUpload: ArtifactStore["addUpload"]): ArtifactStore => ({
  addUpload,
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
