/** Where the engines of one process put what is on its way: a gigabyte of photos does not go through the system's own temporary folder. */
import { watch } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readConfig } from "../config.ts";
import { silentLog } from "../core/log.ts";
import { noMetrics } from "../core/ports/metrics.ts";
import { wireEngines } from "../wire-engines.ts";
import { request, zipFile } from "../workers/engines/dataset/testing/requests.ts";
import { zipOf } from "../workers/engines/dataset/testing/zip.ts";
import { testArtifact, testRun } from "../workers/engines/testing/run.ts";

it("an archive of photos lies in the folder that was given", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "scratch-test-"));
  const seen: string[] = [];
  const watcher = watch(scratch, (_event, name) => seen.push(name ?? ""));
  onTestFinished(async () => {
    watcher.close();
    await rm(scratch, { recursive: true, force: true });
  });
  const wired = wireEngines({
    ...{
      config: readConfig({}),
      settings: { get: async () => undefined, set: async () => undefined, keep: async (_name, value) => value },
    },
    ...{ onCpu: async () => true, scratch, more: [], metrics: noMetrics, log: silentLog },
  });
  onTestFinished(() => wired.close());
  const zip = zipFile(zipOf(Array.from({ length: 10 }, (_, index) => ({ name: `${index}.jpg`, bytes: Buffer.from("no picture") }))));
  const run = testRun({ files: { art_a: { bytes: zip.bytes, artifact: testArtifact("art_a", { ...zip, bytes: zip.bytes.length }) } } });
  await expect(wired.engines.datasets().dataset.make(request({ pictures: ["art_a"] }), run)).rejects.toThrow(/0 can be used/);
  await expect.poll(() => seen).toContainEqual(expect.stringMatching(/^archive-/));
});
