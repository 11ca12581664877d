/** A request over files in memory, and what comes of it. */

import type { Artifact } from "../../../../core/artifact.ts";
import type { DatasetDetails } from "../../../../core/asset.ts";
import type { JobProgress } from "../../../../core/job.ts";
import type { DatasetRequest, Run } from "../../../../core/ports/engine.ts";
import { type TestRun, testArtifact, testRun } from "../../testing/run.ts";
import { createDataset, type DatasetOptions } from "../dataset.ts";

export interface File {
  name: string;
  bytes: Uint8Array;
  mediaType?: string;
}

export const request = (wish: Partial<DatasetRequest> = {}): DatasetRequest => ({
  name: "biscuit",
  pictures: [],
  subject: "a brown dog",
  resolution: 512,
  faces: false,
  captions: [],
  ...wish,
});

export const artifactOf = ({ name, bytes, mediaType = "image/jpeg" }: File, index: number): Artifact =>
  testArtifact(`art_${index}`, { name, mediaType, bytes: bytes.length });

export const zipFile = (bytes: Uint8Array, name = "photos.zip"): File => ({ name, bytes, mediaType: "application/zip" });

export interface Made {
  run: TestRun;
  /** Rejects as the engine does. */
  work: Promise<DatasetDetails>;
}

export function make(
  files: readonly File[],
  wish: Partial<DatasetRequest> = {},
  options: DatasetOptions & { onProgress?(progress: JobProgress, run: TestRun): void; instead?(run: TestRun): Partial<Run> } = {},
): Made {
  const known = Object.fromEntries(files.map((file, index) => [`art_${index}`, { bytes: file.bytes, artifact: artifactOf(file, index) }]));
  const asked = request({ pictures: Object.keys(known), ...wish });
  const run = testRun({
    tool: "make_dataset",
    input: { name: asked.name, pictures: asked.pictures, captions: asked.captions },
    files: known,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  });
  const work = createDataset(options)
    .dataset.make(asked, { ...run, ...options.instead?.(run) })
    .then(() => {
      if (run.made?.kind !== "dataset") throw new Error("no dataset was made");
      return run.made;
    });
  return { run, work };
}
