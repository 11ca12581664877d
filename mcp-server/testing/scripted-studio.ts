/** A studio in memory with the real catalogue: jobs run only as far as a test says. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createApprovals } from "../../core/approvals.ts";
import type { Artifact } from "../../core/artifact.ts";
import { createAssets } from "../../core/assets.ts";
import { Failure } from "../../core/failure.ts";
import { newId } from "../../core/ids.ts";
import { isTerminal, type JobWithArtifacts } from "../../core/job.ts";
import { digest, type JsonObject } from "../../core/json.ts";
import { silentLog } from "../../core/log.ts";
import { parseInput } from "../../core/parse.ts";
import type { Principal } from "../../core/principal.ts";
import type { Studio } from "../../core/studio.ts";
import { memoryApprovals } from "../../core/testing/memory-approvals.ts";
import { memoryAssets } from "../../core/testing/memory-assets.ts";
import { createTools } from "../../tools/index.ts";

/** A whole WebP picture of one pixel. */
export const tinyWebp = Buffer.from("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=", "base64");

export interface ScriptedStudio extends Studio {
  jobs: Map<string, JobWithArtifacts>;
  thumbnails: Map<string, Uint8Array>;
  /** Waits that have begun and not ended, by job. */
  waiting: Map<string, number>;
  /** Those who follow a job now, by job. */
  watching: Map<string, number>;
  traceparents: (string | undefined)[];
  progress(id: string, fraction: number, note: string): void;
  succeed(id: string, files?: { bytes: Buffer; mediaType?: string; thumbnail?: Uint8Array }[]): void;
  fail(id: string): void;
}

export function scriptedStudio(options: { runMs?: number } = {}): ScriptedStudio {
  const tools = createTools();
  const jobs = new Map<string, JobWithArtifacts>();
  const files = new Map<string, { artifact: Artifact; bytes: Buffer }>();
  const thumbnails = new Map<string, Uint8Array>();
  const keys = new Map<string, { digest: string; job: string }>();
  const listeners = new Map<string, Set<(fraction?: number, note?: string) => void>>();
  const waiting = new Map<string, number>();
  const watching = new Map<string, number>();
  const traceparents: (string | undefined)[] = [];

  const tell = (id: string, fraction?: number, note?: string): void => {
    for (const listener of listeners.get(id) ?? []) listener(fraction, note);
  };
  const own = (principal: Principal, id: string): JobWithArtifacts => {
    const job = jobs.get(id);
    if (job?.principal !== principal.id) throw new Failure("unknown_job", `There is no job ${id} of yours.`);
    return job;
  };
  const ownFile = (principal: Principal, id: string) => {
    const file = files.get(id);
    if (file?.artifact.principal !== principal.id) throw new Failure("unknown_artifact", `There is no file ${id.slice(0, 60)} of yours.`);
    return file;
  };
  const accept = (principal: Principal, tool: string, input: JsonObject, key?: string): { job: JobWithArtifacts; created: boolean } => {
    const asked = digest({ tool, input });
    const place = `${principal.id} ${tool} ${key}`;
    const before = key === undefined ? undefined : keys.get(place);
    if (before && before.digest !== asked) throw new Failure("key_conflict", "This key was used for another request. Use a new key.");
    if (before) return { job: jobs.get(before.job) as JobWithArtifacts, created: false };
    const now = new Date("2026-01-01T00:00:00Z");
    const job: JobWithArtifacts = {
      id: newId("job"),
      principal: principal.id,
      tool,
      input: { ...input, seed: 42 },
      title: `Render: ${String(input["prompt"])}`,
      state: "queued",
      family: "preview",
      engine: "preview",
      class: "interactive",
      vramGb: 0,
      priority: 1,
      attempt: 0,
      tries: 0,
      createdAt: now,
      queuedAt: now,
      artifacts: [],
    };
    jobs.set(job.id, job);
    if (key !== undefined) keys.set(place, { digest: asked, job: job.id });
    if (options.runMs !== undefined) setTimeout(() => studio.succeed(job.id), options.runMs).unref();
    return { job, created: true };
  };
  const unused = (): never => {
    throw new Error("not scripted");
  };

  const studio: ScriptedStudio = {
    tools,
    jobs,
    thumbnails,
    waiting,
    watching,
    traceparents,
    tool: unused,
    check: unused,
    async invoke(principal, call, { signal = new AbortController().signal, progress = () => {} } = {}) {
      const tool = tools.find((entry) => entry.name === call.tool);
      if (!tool) throw new Failure("unknown_tool", `There is no tool "${call.tool}".`);
      traceparents.push(call.traceparent);
      const input = parseInput(tool, call.input);
      if (tool.kind === "job") return { kind: "job", ...accept(principal, tool.name, input as JsonObject, call.key) };
      const answer = await tool.answer(input as never, { studio, principal, signal, progress, ...(call.key ? { key: call.key } : {}) });
      return { kind: "answer", ...answer };
    },
    get: async (principal, id) => own(principal, id),
    list: async (principal) => [...jobs.values()].filter((job) => job.principal === principal.id),
    async *watch(principal, id, { signal } = {}) {
      const job = own(principal, id);
      watching.set(id, (watching.get(id) ?? 0) + 1);
      let wake = (): void => {};
      const hear = (): void => wake();
      listeners.set(id, (listeners.get(id) ?? new Set()).add(hear));
      try {
        for (let seq = 1; !signal?.aborted; seq++) {
          yield { type: "state", seq, job: id, at: job.createdAt, state: job.state, attempt: job.attempt };
          if (isTerminal(job.state)) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal?.addEventListener("abort", () => resolve(), { once: true });
            if (signal?.aborted) resolve();
          });
        }
      } finally {
        listeners.get(id)?.delete(hear);
        watching.set(id, (watching.get(id) ?? 1) - 1);
      }
    },
    async wait(principal, id, seconds, { signal, progress } = {}) {
      const job = own(principal, id);
      if (isTerminal(job.state) || signal?.aborted) return job;
      waiting.set(id, (waiting.get(id) ?? 0) + 1);
      await new Promise<void>((resolve) => {
        const mine = listeners.get(id) ?? new Set();
        const end = (): void => {
          clearTimeout(timer);
          mine.delete(hear);
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const hear = (fraction?: number, note?: string): void => {
          if (fraction !== undefined) progress?.(fraction, note ?? "");
          else end();
        };
        const timer = setTimeout(end, seconds * 1000);
        listeners.set(id, mine.add(hear));
        signal?.addEventListener("abort", end);
      });
      waiting.set(id, (waiting.get(id) ?? 1) - 1);
      return own(principal, id);
    },
    async cancel(principal, id) {
      const job = own(principal, id);
      if (!isTerminal(job.state)) job.state = "canceled";
      tell(id);
      return job;
    },
    async retry(principal, id) {
      const job = own(principal, id);
      job.state = "queued";
      return job;
    },
    rerolled: unused,
    ask: unused,
    order: unused,
    assets: createAssets({ assets: memoryAssets(), log: silentLog }),
    approvals: createApprovals({ store: memoryApprovals(), secret: Buffer.alloc(32), log: silentLog }),
    async reroll(principal, id, changes, call) {
      const parent = own(principal, id);
      return accept(principal, parent.tool, { ...parent.input, ...changes, parent: id }, call?.key).job;
    },
    outlook: async (job) => (job.state === "queued" ? { position: 2, seconds: [20, 40] } : {}),
    upload: unused,
    artifact: async (principal, id) => ownFile(principal, id).artifact,
    artifacts: async (principal) =>
      [...files.values()].map(({ artifact }) => artifact).filter((artifact) => artifact.principal === principal.id),
    open: async (artifact) => Readable.from([files.get(artifact.id)?.bytes ?? Buffer.alloc(0)]),
    openStripped: async () => Buffer.from("stripped"),
    thumbnail: async (artifact) => thumbnails.get(artifact.id),
    models: async () => [],
    engines: async () => [],
    pause: async () => {},
    resume: async () => {},
    paused: async () => undefined,

    progress: tell,
    succeed(id, made = [{ bytes: Buffer.from("a picture") }]) {
      const job = jobs.get(id);
      if (!job || isTerminal(job.state)) return;
      job.artifacts = made.map(({ bytes, mediaType = "image/png", thumbnail = tinyWebp }, ordinal) => {
        const artifact: Artifact = {
          id: newId("art"),
          principal: job.principal,
          job: id,
          attempt: 1,
          ordinal,
          name: `a-red-fox-${ordinal}.png`,
          mediaType,
          bytes: bytes.length,
          sha256: createHash("sha256").update(bytes).digest("hex"),
          storageKey: `secret/${id}/${ordinal}`,
          width: 64,
          height: 48,
          recipe: { tool: job.tool, input: job.input, engine: { id: "preview", version: "1" }, preview: true, generated: true },
          createdAt: job.createdAt,
        };
        files.set(artifact.id, { artifact, bytes });
        thumbnails.set(artifact.id, thumbnail);
        return artifact;
      });
      job.state = "succeeded";
      tell(id);
    },
    fail(id) {
      const job = jobs.get(id);
      if (!job || isTerminal(job.state)) return;
      job.state = "failed";
      job.error = new Failure("engine_failed", "The engine gave up. Look at its log.").view();
      tell(id);
    },
  };
  return studio;
}
