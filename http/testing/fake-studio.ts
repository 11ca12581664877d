/** A studio in memory whose jobs do what a test tells them to do. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { z } from "zod";
import { createApprovals } from "../../core/approvals.ts";
import type { Artifact } from "../../core/artifact.ts";
import { createAssets } from "../../core/assets.ts";
import type { JobEvent, LiveEvent } from "../../core/event.ts";
import { Failure } from "../../core/failure.ts";
import { newId } from "../../core/ids.ts";
import { isTerminal, type JobState, type JobWithArtifacts } from "../../core/job.ts";
import { silentLog } from "../../core/log.ts";
import { parseInput } from "../../core/parse.ts";
import { localPrincipal } from "../../core/principal.ts";
import type { Call, Studio } from "../../core/studio.ts";
import { memoryApprovals } from "../../core/testing/memory-approvals.ts";
import { memoryAssets } from "../../core/testing/memory-assets.ts";
import { defineAnswerTool, defineJobTool, type Tool } from "../../core/tool.ts";
import { readAll } from "../../core/uploads.ts";

const annotations = { readOnly: false, destructive: false, idempotent: false };
const never = () => Promise.reject(new Error("not part of this test"));

const tools: Tool[] = [
  defineJobTool({
    name: "render_image",
    title: "Render",
    alias: "render",
    description: "Draws.",
    input: z.strictObject({ prompt: z.string().max(100) }),
    annotations,
    prepare: never,
    run: never,
  }),
  defineAnswerTool({
    name: "wait_for_job",
    title: "Wait",
    alias: "wait",
    description: "Waits.",
    input: z.strictObject({ job_id: z.string(), timeout_s: z.number().max(50).default(25) }),
    annotations: { readOnly: true, destructive: false, idempotent: true },
    async answer({ job_id, timeout_s }, { studio, principal, signal, progress }) {
      progress(0.5, "half way");
      const job = await studio.wait(principal, job_id, timeout_s, { signal, progress });
      return { text: `It is ${job.state}.`, data: { state: job.state } };
    },
  }),
];

export interface FakeStudio extends Studio {
  jobs: Map<string, JobWithArtifacts>;
  calls: Call[];
  canceled: string[];
  watchers(): number;
  outlooks: number;
  position: number | undefined;
  make(state?: JobState, more?: Partial<JobWithArtifacts>): JobWithArtifacts;
  move(id: string, state: JobState, error?: Failure): void;
  live(event: LiveEvent): void;
  addFile(content: Uint8Array | (() => Readable), more?: Partial<Artifact>): Artifact;
  publish(id: string, content: Uint8Array): Artifact;
  ownerOf(artifact: string): string | undefined;
}

export function fakeStudio(): FakeStudio {
  const events = new Map<string, JobEvent[]>();
  const files = new Map<string, { artifact: Artifact; open: (start: number, end: number) => Readable }>();
  const listeners = new Set<(event: JobEvent | LiveEvent) => void>();
  const keys = new Map<string, string>();
  const byName = new Map(tools.flatMap((tool) => [[tool.name, tool] as const, [tool.alias, tool] as const]));

  const say = (event: JobEvent): void => {
    events.get(event.job)?.push(event);
    for (const listener of listeners) listener(event);
  };
  const own = (principal: string, id: string): JobWithArtifacts => {
    const job = studio.jobs.get(id);
    if (!job || job.principal !== principal) throw new Failure("unknown_job", `There is no job ${id} of yours.`);
    return job;
  };
  const seq = (id: string) => (events.get(id)?.length ?? 0) + 1;

  const studio: FakeStudio = {
    tools,
    jobs: new Map(),
    calls: [],
    canceled: [],
    outlooks: 0,
    position: undefined,
    watchers: () => listeners.size,

    make(state = "queued", more = {}) {
      const job: JobWithArtifacts = {
        id: newId("job"),
        principal: localPrincipal.id,
        tool: "render_image",
        input: { prompt: "fox" },
        title: "a fox",
        state,
        family: "preview",
        engine: "preview",
        class: "interactive",
        vramGb: 0,
        priority: 1,
        attempt: 0,
        tries: 0,
        createdAt: new Date(0),
        queuedAt: new Date(0),
        artifacts: [],
        ...more,
      };
      studio.jobs.set(job.id, job);
      events.set(job.id, []);
      say({ type: "state", seq: 1, job: job.id, at: new Date(0), state, attempt: 0 });
      return { ...job };
    },
    move(id, state, error) {
      const job = studio.jobs.get(id) as JobWithArtifacts;
      const attempt = job.attempt + (state === "running" ? 1 : 0);
      studio.jobs.set(id, { ...job, state, attempt, ...(error ? { error: error.view() } : {}) });
      say({ type: "state", seq: seq(id), job: id, at: new Date(0), state, attempt, ...(error ? { error: error.view() } : {}) });
    },
    live(event) {
      for (const listener of listeners) listener(event);
    },
    addFile(content, more = {}) {
      const id = newId("art");
      const artifact: Artifact = {
        id,
        principal: localPrincipal.id,
        attempt: 0,
        ordinal: 0,
        name: `${id}.png`,
        mediaType: "image/png",
        bytes: typeof content === "function" ? 0 : content.length,
        sha256: typeof content === "function" ? "0".repeat(64) : createHash("sha256").update(content).digest("hex"),
        storageKey: `secret/${id}`,
        createdAt: new Date(0),
        ...more,
      };
      const open =
        typeof content === "function" ? content : (start: number, end: number) => Readable.from([content.subarray(start, end + 1)]);
      files.set(id, { artifact, open });
      return artifact;
    },
    publish(id, content) {
      const artifact = studio.addFile(content, { job: id });
      const job = studio.jobs.get(id) as JobWithArtifacts;
      studio.jobs.set(id, { ...job, artifacts: [...job.artifacts, artifact] });
      say({ type: "artifact", seq: seq(id), job: id, at: new Date(0), artifact });
      return artifact;
    },

    ownerOf: (artifact) => files.get(artifact)?.artifact.principal,

    tool(name) {
      const tool = byName.get(name);
      if (!tool) throw new Failure("unknown_tool", `There is no tool "${name}". There are: render_image, wait_for_job.`);
      return tool;
    },
    check: never,
    async invoke(principal, call, { signal = new AbortController().signal, progress = () => {} } = {}) {
      studio.calls.push(call);
      const tool = studio.tool(call.tool);
      const input = parseInput(tool, call.input);
      if (tool.kind === "answer")
        return { kind: "answer", ...(await tool.answer(input as never, { studio, principal, signal, progress })) };
      const known = call.key === undefined ? undefined : keys.get(call.key);
      if (known) return { kind: "job", job: own(principal.id, known), created: false };
      const job = studio.make("queued", { input: call.input as never, principal: principal.id });
      if (call.key !== undefined) keys.set(call.key, job.id);
      return { kind: "job", job, created: true };
    },
    get: async (principal, id) => ({ ...own(principal.id, id) }),
    list: async (principal, filter) =>
      [...studio.jobs.values()].filter((job) => job.principal === principal.id && (filter.states?.includes(job.state) ?? true)),
    async *watch(principal, id, { after = 0, signal } = {}) {
      const row = own(principal.id, id);
      const waiting: (JobEvent | LiveEvent)[] = (events.get(id) ?? []).filter((event) => event.seq > after);
      if (waiting.length === 0 && isTerminal(row.state)) return;
      let wake = () => {};
      const hear = (event: JobEvent | LiveEvent): void => {
        if (event.job !== id) return;
        waiting.push(event);
        wake();
      };
      const stop = () => wake();
      listeners.add(hear);
      signal?.addEventListener("abort", stop);
      try {
        while (!signal?.aborted) {
          const event = waiting.shift();
          if (event) {
            yield event;
            const last = waiting.length === 0 && event.type === "state" && isTerminal(event.state);
            if (last) return;
          } else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        listeners.delete(hear);
        signal?.removeEventListener("abort", stop);
      }
    },
    async wait(principal, id, seconds, { signal, progress } = {}) {
      const time = AbortSignal.timeout(seconds * 1000);
      for await (const event of studio.watch(principal, id, { signal: signal ? AbortSignal.any([signal, time]) : time }))
        if (event.type === "progress") progress?.(event.progress.fraction, event.progress.stage);
      return own(principal.id, id);
    },
    async cancel(principal, id) {
      own(principal.id, id);
      studio.canceled.push(id);
      studio.move(id, "canceled");
      return own(principal.id, id);
    },
    async retry(principal, id) {
      if (!["failed", "canceled"].includes(own(principal.id, id).state)) throw new Failure("conflict", "It did not fail.");
      studio.move(id, "queued");
      return own(principal.id, id);
    },
    reroll: never,
    rerolled: never,
    ask: never,
    order: never,
    assets: createAssets({ assets: memoryAssets(), log: silentLog }),
    approvals: createApprovals({ store: memoryApprovals(), secret: Buffer.alloc(32, 7), log: silentLog }),
    async outlook(job) {
      studio.outlooks++;
      return job.state === "queued" && studio.position !== undefined ? { position: studio.position, seconds: [5, 9] } : {};
    },
    async upload(_principal, file) {
      const content = await readAll(file.body, 1_000_000_000, () => new Failure("limit_exceeded", "too large"));
      return studio.addFile(content, { name: file.name });
    },
    async artifact(principal, id) {
      const file = files.get(id);
      if (!file || file.artifact.principal !== principal.id) throw new Failure("unknown_artifact", `There is no file ${id} of yours.`);
      return file.artifact;
    },
    artifacts: async (principal, { sha256 } = {}) =>
      [...files.values()]
        .map(({ artifact }) => artifact)
        .filter((artifact) => artifact.principal === principal.id && (!sha256 || artifact.sha256 === sha256)),
    async open(artifact, range) {
      const file = files.get(artifact.id);
      if (!file) throw new Failure("unknown_artifact", "gone");
      return file.open(range?.start ?? 0, range?.end ?? artifact.bytes - 1);
    },
    openStripped: async () => new TextEncoder().encode("stripped"),
    thumbnail: async (artifact) => (artifact.mediaType.startsWith("image/") ? new TextEncoder().encode("webp") : undefined),
    models: never,
    engines: never,
    pause: never,
    resume: never,
    paused: async () => undefined,
  };
  return studio;
}
