/** A Run in memory: gives the artifacts it is told of, keeps what an engine saves and reports. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Artifact, Recipe } from "../../../core/artifact.ts";
import { type Asset, type AssetDetails, sameName, unknownAsset } from "../../../core/asset.ts";
import { Failure } from "../../../core/failure.ts";
import type { Job, JobProgress, OrderName } from "../../../core/job.ts";
import type { JsonObject } from "../../../core/json.ts";
import { silentLog } from "../../../core/log.ts";
import type { Run } from "../../../core/ports/engine.ts";

interface Saved {
  name: string;
  mediaType: string;
  bytes: Buffer;
  recipe: Recipe;
  /** JPEG that stands for a video. */
  poster?: Uint8Array;
}

export interface TestRun extends Run {
  saved: Saved[];
  reported: JobProgress[];
  previews: { mediaType: string; data: Uint8Array }[];
  /** What it makes, once it has said so. */
  made: AssetDetails | undefined;
  /** Every engine ref that was stored, oldest first. */
  refs: string[];
  /** As a person who cancels; or for another reason. */
  abort(reason?: Failure): void;
  /** As a person who gives an order. */
  order(name: OrderName): void;
}

export function testArtifact(id: string, more: Partial<Artifact> = {}): Artifact {
  return {
    id,
    principal: "local",
    attempt: 0,
    ordinal: 0,
    name: "photo.png",
    mediaType: "image/png",
    bytes: 1,
    sha256: "0".repeat(64),
    storageKey: `uploads/${id}`,
    createdAt: new Date(0),
    ...more,
  };
}

export function testRun(
  options: {
    tool?: string;
    input?: JsonObject;
    files?: Record<string, { bytes: Uint8Array; artifact?: Partial<Artifact> }>;
    assets?: readonly Asset[];
    /** Number of this attempt, and the refs of those before it, newest first. */
    attempt?: number;
    earlierRefs?: readonly string[];
    /** Called at every report, so that a test can act in the middle of the work. */
    onProgress?(progress: JobProgress, run: TestRun): void;
  } = {},
): TestRun {
  const stop = new AbortController();
  const now = new Date(0);
  const attempt = options.attempt ?? 1;
  const hearers = new Set<(name: OrderName) => void>();
  const job: Job = {
    id: "job_0000000000000001",
    principal: "local",
    tool: options.tool ?? "render_image",
    input: options.input ?? {},
    title: "test",
    state: "running",
    family: "test",
    engine: "test",
    class: "interactive",
    vramGb: 0,
    priority: 1,
    attempt,
    tries: 0,
    createdAt: now,
    queuedAt: now,
  };
  const run: TestRun = {
    job,
    attempt,
    signal: stop.signal,
    log: silentLog,
    earlierRefs: options.earlierRefs ?? [],
    made: undefined,
    refs: [],
    saved: [],
    reported: [],
    previews: [],
    abort: (reason = new Failure("canceled", "canceled by the person")) => stop.abort(reason),
    order(name) {
      for (const hear of hearers) hear(name);
    },
    progress(progress) {
      run.reported.push(progress);
      options.onProgress?.(progress, run);
    },
    preview: (mediaType, data) => void run.previews.push({ mediaType, data }),
    async open(id) {
      const file = options.files?.[id];
      if (!file) throw new Failure("unknown_artifact", `There is no file ${id} of yours.`);
      return { artifact: testArtifact(id, file.artifact), body: Readable.from([Buffer.from(file.bytes)]) };
    },
    async save({ name, mediaType, body, recipe, poster }) {
      const bytes = body instanceof Uint8Array ? Buffer.from(body) : await buffer(body);
      run.saved.push({ name, mediaType, bytes, recipe, ...(poster ? { poster } : {}) });
    },
    async setEngineRef(ref) {
      run.refs.push(ref);
    },
    async asset(kind, ref) {
      const found = options.assets?.find((asset) => asset.kind === kind && (asset.id === ref || sameName(asset.name, ref)));
      if (!found) throw unknownAsset(kind, ref, []);
      return found;
    },
    makeAsset(details) {
      run.made = details;
    },
    artifactIdOf(name) {
      if (!run.saved.some((file) => file.name === name)) throw new Failure("internal", `${name} was not saved.`);
      return `art_${name}`;
    },
    sha256Of(name) {
      const found = run.saved.find((file) => file.name === name);
      if (!found) throw new Failure("internal", `${name} was not saved.`);
      return createHash("sha256").update(found.bytes).digest("hex");
    },
    onOrder(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
  };
  return run;
}
