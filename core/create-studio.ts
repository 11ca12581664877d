/** The studio over its ports: every check of ownership is here, and nothing else reaches the stores on behalf of a face. */
import { type Artifact, unknownArtifact } from "./artifact.ts";
import { type AssetKind, type Makes, sameName } from "./asset.ts";
import { type AssetParts, createAssets } from "./assets.ts";
import { Failure } from "./failure.ts";
import { passAnswer, prepare } from "./gate.ts";
import { isId } from "./ids.ts";
import { isTerminal, type Job, type JobWithArtifacts } from "./job.ts";
import type { JsonObject } from "./json.ts";
import { createKept } from "./kept.ts";
import { bytesWords } from "./limits.ts";
import { byNearness, nearest } from "./nearest.ts";
import { type OutlookParts, outlookOf } from "./outlook.ts";
import { parseInput } from "./parse.ts";
import { askOnce } from "./plan-question.ts";
import type { FileStore } from "./ports/files.ts";
import type { ArtifactStore } from "./ports/job-store.ts";
import type { Media } from "./ports/media.ts";
import type { Settings } from "./ports/stores.ts";
import { noTracing, within } from "./ports/tracing.ts";
import type { Principal } from "./principal.ts";
import type { SchedulePolicy } from "./schedule.ts";
import { requireScope, scopeOfTool } from "./scope.ts";
import type { Call, Studio } from "./studio.ts";
import { hint, owedBy, type SubmitParts, submit } from "./submit.ts";
import type { JobTool, Tool } from "./tool.ts";
import { assetOf, redone } from "./tree.ts";
import { readAll, storeUpload } from "./uploads.ts";
import { revokeVoice } from "./voices.ts";
import { waitForEnd } from "./wait.ts";
import { unknownJob, type WatchParts, watchJob } from "./watch.ts";

export type StudioParts = Omit<SubmitParts, "artifact" | "read" | "allowed"> &
  WatchParts &
  AssetParts & {
    tools: readonly Tool[];
    artifacts: ArtifactStore;
    files: FileStore;
    media: Media;
    settings: Settings;
    /** Absent where nobody is told when a job will be done. */
    lanes?: OutlookParts["lanes"];
    policy?: SchedulePolicy;
  };

/** Bytes of thumbnails that are kept: clients ask again and again how a job stands that is done, and each answer shows its pictures. */
const thumbnailBytes = 4_000_000;

export function createStudio(given: StudioParts): Studio {
  const thumbnails = createKept(thumbnailBytes);
  const { tools, jobs, artifacts, files, media, queue, settings, engines, approvals } = given;
  const byName = new Map(tools.flatMap((tool) => [[tool.name, tool] as const, [tool.alias, tool] as const]));

  const own = async (principal: Principal, id: string): Promise<JobWithArtifacts> => {
    const job = isId("job", id) ? await jobs.get(principal.id, id) : undefined;
    if (!job) throw unknownJob(id);
    return job;
  };
  const ownArtifact = async (principal: Principal, id: string): Promise<Artifact> => {
    const artifact = isId("art", id) ? await artifacts.get(principal.id, id) : undefined;
    if (!artifact) throw unknownArtifact(id);
    return artifact;
  };
  const parts: StudioParts & SubmitParts = {
    ...given,
    artifact: ownArtifact,
    read: async ({ storageKey }) => readAll(await files.open(storageKey), readableBytes, tooLargeToRead),
    allowed: (principal, name) => allowed(principal, name),
  };

  const find = (name: string): Tool => {
    const tool = byName.get(name);
    if (tool) return tool;
    const near = nearest(name, [...byName.keys()]);
    const names = byNearness(
      name,
      tools.map((entry) => entry.name),
    ).join(", ");
    throw new Failure(
      "unknown_tool",
      `There is no tool "${name.slice(0, 60)}".${near ? ` Did you mean ${near}?` : ""} There are: ${names}.`,
    );
  };

  /** The tool, for a principal who may call it. */
  const allowed = (principal: Principal, name: string): Tool => {
    const tool = find(name);
    requireScope(principal, scopeOfTool(tool));
    return tool;
  };

  /** What an answer tool is asked about must be there, before a person is asked whether. */
  const checkNamed = async (principal: Principal, input: Record<string, unknown>, promised: readonly Makes[] = []): Promise<void> => {
    const { job_id: job, asset, kind } = input;
    if (typeof job === "string") await own(principal, job);
    if (typeof asset === "string" && !promised.some(({ name }) => sameName(name, asset)))
      await studio.assets.get(principal, asset, kind as AssetKind | undefined);
  };

  const jobTool = (principal: Principal, name: string): JobTool => {
    const tool = allowed(principal, name);
    if (tool.kind !== "job") throw new Failure("conflict", `${name} cannot be rolled again.`);
    return tool;
  };

  const posterOf: Studio["thumbnail"] = async (video, side, as) => {
    const { poster, principal } = "find" in video ? await video.find() : video;
    const picture = poster === undefined ? undefined : await artifacts.get(principal, poster);
    return picture && studio.thumbnail(picture, side, as);
  };

  const jobsOf = async (principal: Principal, { id, tree }: Job): Promise<Job[]> =>
    tree?.head === id ? Promise.all(Object.values(tree.stages).map((stage) => own(principal, stage))) : [];

  /** Those that were accepted with this head and are not done: nobody waits for them any more. */
  const openStages = async (principal: Principal, head: Job): Promise<string[]> =>
    (await jobsOf(principal, head)).flatMap(({ id, state }) => (isTerminal(state) ? [] : [id]));

  /** Those of them that no other open tree works with. */
  const lonelyStages = async (principal: Principal, head: Job): Promise<string[]> => {
    const open = await openStages(principal, head);
    if (open.length === 0) return [];
    const others = await jobs.list(principal.id, { states: ["queued", "running"], tool: head.tool, limit: 200 });
    const wanted = new Set(others.flatMap(({ id, tree }) => (id !== head.id && tree?.head === id ? Object.values(tree.stages) : [])));
    return open.filter((id) => !wanted.has(id));
  };

  /** Those that a head needs again, each behind what it needs itself. */
  const endedStages = async (principal: Principal, head: Job): Promise<string[]> =>
    (await jobsOf(principal, head)).flatMap(({ id, state }) => (state === "failed" || state === "canceled" ? [id] : []));

  const studio: Studio = {
    tools,
    tool: find,
    approvals,

    async check(principal, call, promised = []) {
      const tool = allowed(principal, call.tool);
      const input = parseInput(tool, call.input);
      if (tool.kind === "job") {
        const plan = { makes: promised, accepted: false };
        return assetOf((await prepare(parts, principal, tool, input, plan)).makes);
      }
      await checkNamed(principal, input, promised);
      return undefined;
    },

    ask: (principal, calls, origin) => askOnce(parts, { studio, allowed }, principal, calls, origin),

    async invoke(principal, call, { signal = new AbortController().signal, progress = () => {} } = {}) {
      const tool = allowed(principal, call.tool);
      if (tool.kind === "job") return { kind: "job", ...(await submit(parts, principal, tool, call)) };
      const { key, origin, traceparent, face, approval, delivery } = call;
      const input = parseInput(tool, call.input);
      if (tool.needsYes) await checkNamed(principal, input);
      await passAnswer(parts, principal, tool, input, call);
      const attributes = { "myspinbot.tool": tool.name, "myspinbot.face": face ?? "api" };
      const answer = await within(given.tracing ?? noTracing, "answer", { parent: traceparent, attributes }, (span) =>
        tool.answer(input as never, {
          ...{ studio, principal, signal, progress },
          ...(key !== undefined ? { key } : {}),
          ...(origin ? { origin } : {}),
          ...(span.traceparent ? { traceparent: span.traceparent } : {}),
          ...(face ? { face } : {}),
          ...(approval !== undefined ? { approval } : {}),
          ...(delivery ? { delivery } : {}),
        }),
      );
      return { kind: "answer", ...answer };
    },

    get: own,
    list: (principal, filter) => jobs.list(principal.id, filter),
    watch: (principal, id, options) => watchJob(parts, principal.id, id, options),

    wait: (principal, id, seconds, options) =>
      waitForEnd(parts, () => own(principal, id), id, { ms: seconds * 1000, look: (stage) => jobs.get(principal.id, stage), ...options }),

    async cancel(principal, id) {
      const job = isId("job", id) ? await jobs.cancel(principal.id, id) : undefined;
      if (!job) throw unknownJob(id);
      // waited for: a retry right behind it must not find the old item, and lose its own
      if (job.state === "canceled") await queue.remove(job).catch(() => undefined);
      for (const stage of await lonelyStages(principal, job)) await studio.cancel(principal, stage);
      return own(principal, id);
    },

    async retry(principal, id, owed = {}) {
      const before = await own(principal, id);
      allowed(principal, before.tool);
      // it may not have heard yet that one of its stages has ended
      const stages = await endedStages(principal, before);
      for (const stage of stages) await studio.retry(principal, stage);
      if (stages.length > 0 && !isTerminal((await own(principal, id)).state)) return own(principal, id);
      const job = await jobs.retry(principal.id, id, owedBy(owed));
      if (!job) throw unknownJob(id);
      await hint(parts, job);
      return own(principal, id);
    },

    async rerolled(principal, id, changes) {
      const parent = await own(principal, id);
      const tool = jobTool(principal, parent.tool);
      if (parent.tree?.stage !== undefined) {
        const head = (await jobs.headOf(principal.id, id)) ?? parent.tree.head;
        const whole = await own(principal, head);
        return redone(whole, parent, tool, changes, jobTool(principal, whole.tool));
      }
      const { seed: _seed, ...old } = parent.input;
      const input: JsonObject = tool.reroll ? tool.reroll(parent.input, changes) : { ...old, ...changes };
      return { tool: tool.name, input, parent: parent.id };
    },

    async reroll(principal, id, changes, call: Omit<Call, "tool" | "input" | "parent"> = {}) {
      const rolled = await studio.rerolled(principal, id, changes);
      const { job } = await submit(parts, principal, jobTool(principal, rolled.tool), { ...call, ...rolled });
      return job;
    },

    async order(principal, id, name) {
      const before = await own(principal, id);
      allowed(principal, before.tool);
      if (!engines.get(before.engine).train)
        throw new Failure("conflict", `Job ${id} is no training; only a training can be told to ${name} while it runs.`);
      if (!(await jobs.order(principal.id, id, name))) throw unknownJob(id);
      return own(principal, id);
    },
    assets: createAssets({ ...given, revoke: (asset) => revokeVoice({ ...given, cancel: studio.cancel }, asset) }),

    outlook: async (job) => (given.lanes ? outlookOf({ ...given, lanes: given.lanes }, job) : {}),

    upload: (principal, file) => storeUpload(parts, principal, file),
    artifact: ownArtifact,
    artifacts: (principal, options = {}) => artifacts.list(principal.id, options),
    open: (artifact, range) => files.open(artifact.storageKey, range),

    async openStripped(artifact) {
      const body = await files.open(artifact.storageKey);
      return media.strip(await readAll(body, 500_000_000, tooLargeToStrip), artifact.mediaType);
    },

    async thumbnail(picture, side, as) {
      if (picture.mediaType.startsWith("video/")) return posterOf(picture, side, as);
      if (!picture.width) return undefined;
      return thumbnails.get(`${picture.sha256} ${side} ${as ?? ""}`, async () => {
        const { storageKey } = "find" in picture ? await picture.find() : picture;
        const body = await files.open(storageKey);
        return media.thumbnail(await readAll(body, 500_000_000, tooLargeToStrip), side, as);
      });
    },

    models: () => Promise.all(engines.all.map((engine) => engine.models())),
    engines: () => Promise.all(engines.all.map((engine) => engine.status())),

    pause: (mode) => settings.set("paused", { mode, since: new Date().toISOString() }),
    resume: () => settings.set("paused", null),
    async paused() {
      const value = (await settings.get("paused")) as { mode: "finish" | "park"; since: string } | null | undefined;
      return value ?? undefined;
    },
  };
  return studio;
}

/** Bytes of a file that is read while a call is prepared. */
const readableBytes = 500_000_000;

function tooLargeToRead(): Failure {
  return new Failure("limit_exceeded", `The file has more than ${bytesWords(readableBytes)}. Use a smaller one.`);
}

function tooLargeToStrip(): Failure {
  return new Failure("limit_exceeded", "The file is too large for this. Download it as it is.");
}
