/** One attempt of one job, from the claim to the commit. Every way it can end is decided here, and each of them compares the fence. */
import type { Artifact } from "../core/artifact.ts";
import type { BusMessage } from "../core/event.ts";
import { Failure, toFailure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { AssetStore } from "../core/ports/asset-store.ts";
import type { Bus } from "../core/ports/bus.ts";
import type { Engines, Run } from "../core/ports/engine.ts";
import type { FileStore } from "../core/ports/files.ts";
import type { ArtifactStore, Claim, JobStore } from "../core/ports/job-store.ts";
import type { Media } from "../core/ports/media.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import { TryAgain } from "../core/ports/queue.ts";
import { noTracing, type Tracing } from "../core/ports/tracing.ts";
import { stageOf } from "../core/source.ts";
import type { Tool } from "../core/tool.ts";
import { endedOrAbandoned } from "./abandon.ts";
import type { Gpu } from "./gpu.ts";
import { insist } from "./insist.ts";
import { measureBegin, measureEnd } from "./measure.ts";
import { createOrders, type Orders } from "./orders.ts";
import { createReporter, type Reporter } from "./reporter.ts";
import { createResults, type Results } from "./results.ts";
import { createRunAssets, type RunAssets } from "./run-assets.ts";
import { reasons, type Stop } from "./stop.ts";
import { type AttemptTrace, traceAttempt } from "./trace.ts";

export interface AttemptParts {
  tools: readonly Tool[];
  engines: Engines;
  jobs: JobStore;
  artifacts: ArtifactStore;
  assets: Pick<AssetStore, "find" | "list">;
  files: FileStore;
  media: Media;
  bus: Bus;
  gpu: Gpu;
  metrics: Metrics;
  /** Absent where no traces are made. */
  tracing?: Tracing;
  log: Log;
  /** Name of this worker process. */
  worker: string;
  /** Milliseconds between heartbeats. Default 2000. */
  beatMs?: number;
  /** Milliseconds without any progress after which an attempt is given up. Default 10 minutes. */
  stallMs?: number;
  /** Milliseconds that an engine has to stop once it was told to; then the attempt ends without it. Default 60 000. */
  letGoMs?: number;
  /** Waits at a named boundary; only a fault-injection harness gives one. */
  boundary?: (name: "claimed" | "engine_done" | "stored" | "published", job: string) => Promise<void>;
}

/** Failed infrastructure attempts after which a job fails for good. */
const maxTries = 3;

/** Workers in a row that a job may outlive: one that ends its worker each time would go on for ever. */
const maxLost = 10;

function lostInARow(previous: Claim["previous"]): number {
  const index = previous.findLastIndex((attempt) => attempt.outcome !== "lost");
  return previous.length - 1 - index;
}

export interface Attempts {
  /** Runs the job to its end, or throws TryAgain where it is to come back. Never throws anything else. */
  run(id: string, lost: AbortSignal): Promise<"succeeded" | "failed" | "canceled" | "nothing">;
  /** Puts what runs back in line. */
  park(): void;
  readonly running: string | undefined;
  /** The same, as it was claimed. */
  readonly job: Job | undefined;
}

/** What one attempt is made with and leaves. */
interface Desk {
  signal: AbortSignal;
  reporter: Reporter;
  results: Results;
  assets: RunAssets;
  orders: Orders;
  log: Log;
}

/** What an attempt that went well has to publish. */
interface Made extends Pick<Desk, "results" | "log"> {
  asset: RunAssets["made"];
  trace: AttemptTrace;
  why: Stop | undefined;
}

export function createAttempts(parts: AttemptParts): Attempts {
  let current: { job: Job; stop(why: Stop): void } | undefined;
  const boundary = parts.boundary ?? (async () => {});

  /** What a stage of the same tree made: the first of its files. */
  const ofStage = async ({ principal, tree }: Job, name: string): Promise<Artifact | undefined> => {
    const id = tree?.stages[name];
    const stage = id === undefined ? undefined : await parts.jobs.get(principal, id);
    return stage?.artifacts[0];
  };

  const openInput =
    ({ job }: Claim): Run["open"] =>
    async (id) => {
      const stage = stageOf(id);
      const artifact = stage === undefined ? await parts.artifacts.get(job.principal, id) : await ofStage(job, stage);
      if (!artifact) throw new Failure("unknown_artifact", `The file ${id} that this job works on is gone. Ask with another one.`);
      return { artifact, body: await parts.files.open(artifact.storageKey) };
    };

  async function carryOut(claim: Claim, { signal, reporter, results, assets, orders, log }: Desk): Promise<void> {
    const { job, previous } = claim;
    if (lostInARow(previous) >= maxLost)
      throw new Failure(
        "engine_failed",
        `The worker died ${maxLost} times while it ran this job. Look at its log and at its memory, then retry the job.`,
      );
    const tool = parts.tools.find((entry) => entry.name === job.tool);
    if (tool?.kind !== "job") throw new Failure("unknown_tool", `This version has no tool ${job.tool}. Ask for the work in another way.`);
    const input = tool.input.safeParse(job.input);
    if (!input.success) throw new Failure("invalid_input", "This job was accepted by another version. Ask for it again.");
    const engine = parts.engines.get(job.engine);
    const run: Run = {
      job,
      attempt: job.attempt,
      signal,
      log,
      progress: reporter.progress,
      preview: reporter.preview,
      open: openInput(claim),
      async save(file) {
        await boundary("engine_done", job.id);
        await results.save(file, signal);
      },
      earlierRefs: previous.flatMap((attempt) => attempt.engineRef ?? []).reverse(),
      async setEngineRef(ref) {
        if (!(await insist(() => parts.jobs.setEngineRef(job.id, job.attempt, ref), signal, log))) throw reasons.fenced;
      },
      asset: assets.find,
      makeAsset: assets.make,
      artifactIdOf: (name) => results.of(name).id,
      sha256Of: (name) => results.of(name).sha256,
      onOrder: orders.hear,
    };
    const work = () => tool.run(input.data as never, parts.engines, run);
    await tool.check?.(input.data as never, parts.engines, run);
    const note = (text: string) => reporter.progress({ stage: "making_room", fraction: 0, note: text });
    await (engine.gpu ? parts.gpu.use(engine, job, { signal, note, fresh: () => !results.begun }, work) : work());
    signal.throwIfAborted();
    if (results.drafts.length === 0)
      throw new Failure("engine_failed", `${engine.title} ended without a result. Look at its log, then retry the job.`);
  }

  async function runClaimed(claim: Claim, lost: AbortSignal): Promise<"succeeded" | "failed" | "canceled" | "nothing"> {
    const { job } = claim;
    measureBegin(parts.metrics, claim);
    const trace = traceAttempt(parts.tracing ?? noTracing, claim, parts.worker);
    const log = parts.log.child({
      job: job.id,
      attempt: job.attempt,
      tool: job.tool,
      ...(job.traceparent ? { traceparent: job.traceparent } : {}),
    });
    const controller = new AbortController();
    let why: Stop | undefined;
    const stop = (reason: Stop) => {
      why ??= reason;
      controller.abort(reasons[why]);
    };
    const reporter = createReporter(job.id, job.attempt, parts.bus.publish, (stage, seconds) => {
      parts.metrics.stage(job.tool, stage, seconds);
      trace.stage(stage, seconds);
    });
    const results = createResults(parts, job.id, job.attempt);
    const assets = createRunAssets(parts, job);
    const orders = createOrders(parts.jobs, job);
    const beat = async () => {
      if (reporter.silence() > (parts.stallMs ?? 600_000)) stop("stalled");
      const answer = await parts.jobs.beat(job.id, job.attempt, reporter.latest).catch(() => "ok" as const);
      if (answer === "canceling") stop("canceled");
      if (answer === "fenced") stop("fenced");
      await orders.look();
    };
    const beating = setInterval(beat, parts.beatMs ?? 2000);
    const onLost = () => void beat();
    lost.addEventListener("abort", onLost);
    const stopHearing = parts.bus.subscribe((message: BusMessage) => {
      if (message.type !== "changed" || message.job !== job.id) return;
      if (message.state === "canceling") stop("canceled");
      if (message.state === "running") void orders.look();
    });
    current = { job, stop };
    const end = await (async (): Promise<Failure | undefined> => {
      try {
        await boundary("claimed", job.id);
        const { signal } = controller;
        const desk = { signal, reporter, results, assets, orders, log };
        await endedOrAbandoned(carryOut(claim, desk), signal, parts.letGoMs ?? 60_000);
        return undefined;
      } catch (error) {
        if (!controller.signal.aborted) log.warn({ err: error }, "the attempt ended with an error");
        return toFailure(error);
      }
    })();
    reporter.end();
    try {
      const made = { results, asset: assets.made, trace, log, why };
      return await trace.ending(() => (end ? settle(claim, end, why, results, log) : publish(claim, made)), end);
    } finally {
      clearInterval(beating);
      lost.removeEventListener("abort", onLost);
      stopHearing();
      current = undefined;
    }
  }

  async function publish(
    claim: Claim,
    { results, asset, trace, log, why }: Made,
  ): Promise<"succeeded" | "failed" | "canceled" | "nothing"> {
    const { job } = claim;
    await boundary("stored", job.id);
    // without a limit: the work is done, only the database has to come back
    const never = new AbortController().signal;
    let outcome: Awaited<ReturnType<JobStore["publish"]>>;
    try {
      const commit = () => parts.jobs.publish(job.id, job.attempt, results.drafts, asset);
      outcome = await trace.publish(() => insist(commit, never, log));
    } catch (error) {
      // what the database refuses once it refuses every time
      log.error({ err: error }, "a result could not be published");
      return settle(claim, toFailure(error), why, results, log);
    }
    if (outcome === "published") {
      measureEnd(parts.metrics, claim, "succeeded", results.drafts);
      log.info({ artifacts: results.drafts.length, why }, "job succeeded");
      await boundary("published", job.id);
      return "succeeded";
    }
    await results.discard();
    if (outcome === "fenced") parts.metrics.fenced();
    measureEnd(parts.metrics, claim, outcome === "fenced" ? "lost" : "canceled");
    log.info({ outcome }, "a result came too late and was thrown away");
    return outcome === "fenced" ? "nothing" : "canceled";
  }

  async function settle(
    claim: Claim,
    end: Failure,
    why: Stop | undefined,
    results: Results,
    log: Log,
  ): Promise<"failed" | "canceled" | "nothing"> {
    const { job } = claim;
    await results.discard();
    const again = why === "parked" || ((why === undefined || why === "stalled") && end.retryable && job.tries + 1 < maxTries);
    const outcome =
      why === "canceled"
        ? ({ type: "canceled" } as const)
        : again
          ? ({ type: "requeued", counts: why !== "parked", note: end.message } as const)
          : ({ type: "failed", error: (why === "stalled" ? reasons.stalled : end).view() } as const);
    const never = new AbortController().signal;
    const kept = why !== "fenced" && (await insist(() => parts.jobs.settle(job.id, job.attempt, outcome), never, log));
    if (!kept) {
      parts.metrics.fenced();
      log.info({}, "another attempt has taken over");
      return "nothing";
    }
    measureEnd(parts.metrics, claim, outcome.type);
    log.info({ outcome: outcome.type, code: end.code }, "attempt ended");
    if (outcome.type === "requeued") throw new TryAgain(outcome.note);
    return outcome.type;
  }

  return {
    async run(id, lost) {
      let claim: Claim | undefined;
      try {
        // given back while the database is away, the queue in it could not be told, and the item would wait for its lock to run out
        claim = await insist(() => parts.jobs.claim(id, parts.worker), lost, parts.log);
      } catch (error) {
        parts.log.warn({ job: id, err: error }, "the job could not be claimed; it comes back");
        throw new TryAgain("claim");
      }
      return claim ? runClaimed(claim, lost) : "canceled";
    },
    park: () => current?.stop("parked"),
    get running() {
      return current?.job.id;
    },
    get job() {
      return current?.job;
    },
  };
}
