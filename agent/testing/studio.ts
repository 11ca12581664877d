/** A studio in memory with the real catalogue: what the agent's tests submit to. Keys, ownership and states behave as the real one's. */
import { createApprovals } from "../../core/approvals.ts";
import type { Artifact } from "../../core/artifact.ts";
import type { Asset, Makes } from "../../core/asset.ts";
import { createAssets } from "../../core/assets.ts";
import { Failure } from "../../core/failure.ts";
import { isId, newId } from "../../core/ids.ts";
import { isTerminal, type JobWithArtifacts, type OrderName } from "../../core/job.ts";
import { digest, type JsonObject } from "../../core/json.ts";
import { silentLog } from "../../core/log.ts";
import { parseInput } from "../../core/parse.ts";
import type { ModelList } from "../../core/ports/engine.ts";
import type { Principal } from "../../core/principal.ts";
import type { Call, Studio } from "../../core/studio.ts";
import { memoryApprovals } from "../../core/testing/memory-approvals.ts";
import { memoryAssets, testAsset } from "../../core/testing/memory-assets.ts";
import type { JobTool, Tool } from "../../core/tool.ts";
import { assetOf, membersOf, redone } from "../../core/tree.ts";
import { createTools } from "../../tools/index.ts";
import { picture, testContext } from "../../tools/testing/context.ts";

export interface FakeStudio extends Studio {
  readonly jobs: JobWithArtifacts[];
  readonly files: Artifact[];
  /** The rows behind `assets`; a job that promised one has it made by `finish`. */
  readonly things: Asset[];
  /** Words to jobs that run, in order. */
  readonly orders: { id: string; name: OrderName }[];
  /** Pictures that were made small; their bytes begin as a JPEG's do and end with the id. */
  readonly thumbnails: { id: string; side: number; as: string }[];
  /** Calls that reached `invoke`, in order. */
  readonly invoked: Call[];
  /** Runs before each `invoke`: throw here to crash. */
  before(call: Call): void;
  /** Which calls need a person's yes. Default: none. */
  needsYes(call: Pick<Call, "tool">): boolean;
  /** Ends a job with one picture for each that it asked for, and with the asset that it promised. */
  finish(id: string): void;
}

export function jobRow(given: Partial<JobWithArtifacts> & Pick<JobWithArtifacts, "id" | "tool" | "input">): JobWithArtifacts {
  const now = new Date();
  return {
    principal: "local",
    title: `${given.tool}: ${String(given.input["prompt"] ?? given.input["image"] ?? "")}`,
    state: "queued",
    family: "test",
    engine: "test",
    class: "interactive",
    vramGb: 1,
    priority: 1,
    attempt: 0,
    tries: 0,
    createdAt: now,
    queuedAt: now,
    artifacts: [],
    ...given,
  };
}

/** What tools make that is no picture. */
const mediaTypes: Record<string, string> = {
  ...{ speak: "audio/mpeg", clone_voice: "audio/wav", render_video: "video/mp4" },
  ...{ upscale_video: "video/mp4", lip_sync: "video/mp4", make_clip: "video/mp4" },
};

const nothing = (name: string) => (): never => {
  throw new Error(`the fake studio has no ${name}`);
};

export function createFakeStudio(tools: readonly Tool[] = createTools()): FakeStudio {
  const jobs: JobWithArtifacts[] = [];
  const files: Artifact[] = [];
  const invoked: Call[] = [];
  const thumbnails: FakeStudio["thumbnails"] = [];
  const orders: FakeStudio["orders"] = [];
  const store = memoryAssets();
  const digests = new Map<string, string>();
  const approvals = createApprovals({ store: memoryApprovals(), secret: Buffer.alloc(32), log: silentLog });
  let paused: { mode: "finish" | "park"; since: string } | undefined;

  const find = (name: string): Tool => {
    const tool = tools.find((entry) => entry.name === name || entry.alias === name);
    if (!tool) throw new Failure("unknown_tool", `There is no tool "${name}". There are: ${tools.map((entry) => entry.name).join(", ")}.`);
    return tool;
  };
  const own = (principal: Principal, id: string): JobWithArtifacts => {
    const job = jobs.find((entry) => entry.id === id && entry.principal === principal.id);
    if (!job || !isId("job", id)) throw new Failure("unknown_job", `There is no job ${id} of yours.`);
    return job;
  };
  const context = (principal: Principal, promised: readonly Makes[] = []) => {
    const open = jobs.filter((job) => job.principal === principal.id && !isTerminal(job.state));
    const promises = open.flatMap(({ id, makes }) => (makes ? [{ job: id, makes }] : []));
    const inSight = { assets: store.rows, promises, plan: { makes: promised, accepted: promised.length === 0 } };
    return testContext(
      files.filter((file) => file.principal === principal.id),
      inSight,
      principal,
    );
  };

  async function accept(principal: Principal, tool: JobTool, call: Call) {
    const input = parseInput(tool, call.input);
    const request = digest({ tool: tool.name, input, parent: call.parent ?? null });
    const known =
      call.key === undefined
        ? undefined
        : jobs.find((job) => job.principal === principal.id && job.tool === tool.name && job.key === call.key);
    if (known) {
      if (digests.get(known.id) !== request) throw new Failure("key_conflict", "This key was used for another request.");
      return { job: known, created: false };
    }
    const sight = context(principal);
    const { consent: _consent, yes: _yes, makes: promised, ...rest } = await tool.prepare(input as never, sight);
    const makes = assetOf(promised);
    // as the row's unique key does: whoever came second has the first one's job
    const meanwhile = call.key === undefined ? undefined : jobs.find((job) => job.key === call.key && job.principal === principal.id);
    if (meanwhile) return { job: meanwhile, created: false };
    const { key, origin, parent } = call;
    const id = newId("job");
    const tree = sight.stages.length > 0 ? membersOf(sight.stages, earlierOf(parent)) : undefined;
    for (const { name, tool: of, needs, id: stage, prepared } of tree?.fresh ?? []) {
      const { consent: _agreed, yes: _said, makes: _file, ...row } = prepared;
      const blocked = needs.length > 0 ? { blocked: true } : {};
      const place = { tree: { head: id, stage: name, stages: tree?.stages ?? {} }, ...(origin ? { origin } : {}) };
      jobs.push(jobRow({ id: stage, tool: of, principal: principal.id, ...row, needs, ...blocked, ...place }));
    }
    const needs = [...(rest.needs ?? []), ...Object.values(tree?.stages ?? {})];
    const job = jobRow({
      id,
      tool: tool.name,
      principal: principal.id,
      ...{ ...rest, ...(needs.length > 0 ? { needs } : {}), ...(makes ? { makes } : {}) },
      ...(tree ? { tree: { head: id, stages: tree.stages } } : {}),
      ...(needs.some((need) => jobs.some((one) => one.id === need && one.state !== "succeeded")) ? { blocked: true } : {}),
      ...(key === undefined ? {} : { key }),
      ...(origin ? { origin } : {}),
      ...(parent ? { parent } : {}),
    });
    jobs.push(job);
    digests.set(job.id, request);
    return { job, created: true };
  }

  /** The stages of the clip that is made again. */
  const earlierOf = (parent: string | undefined) => {
    const stages = Object.entries(jobs.find(({ id }) => id === parent)?.tree?.stages ?? {});
    return Object.fromEntries(stages.flatMap(([name, id]) => jobs.filter((job) => job.id === id).map((job) => [name, job] as const)));
  };

  /** The newest clip of whose stages it is one. */
  const headOf = (stage: JobWithArtifacts): JobWithArtifacts => {
    const head = jobs.findLast(({ id, tree }) => tree?.head === id && Object.values(tree.stages).includes(stage.id));
    return head ?? own({ id: stage.principal } as Principal, stage.tree?.head ?? "");
  };

  const studio: FakeStudio = {
    jobs,
    files,
    invoked,
    thumbnails,
    things: store.rows,
    orders,
    tools,
    before() {},
    needsYes: () => false,
    finish(id) {
      const job = jobs.find((entry) => entry.id === id);
      if (!job) throw new Error(id);
      job.state = "succeeded";
      if (job.makes) store.rows.push(testAsset(job.makes, { job: id, principal: job.principal }));
      const isDone = (need: string) => jobs.some((one) => one.id === need && one.state === "succeeded");
      for (const other of jobs) if (other.needs?.every(isDone)) delete other.blocked;
      const count = typeof job.input["count"] === "number" ? job.input["count"] : 1;
      for (let ordinal = 0; ordinal < count; ordinal++) {
        const kind = mediaTypes[job.tool];
        const media = kind ? { mediaType: kind, name: `made.${kind.split("/")[1]}`, seconds: 3 } : {};
        const file = picture(newId("art"), { job: id, principal: job.principal, ordinal, ...media });
        files.push(file);
        job.artifacts.push(file);
      }
    },
    tool: find,
    async check(principal, call, promised) {
      const tool = find(call.tool);
      const input = parseInput(tool, call.input);
      if (tool.kind === "job") return (await tool.prepare(input as never, context(principal, promised))).makes;
      if (typeof input["job_id"] === "string") own(principal, input["job_id"]);
      return undefined;
    },
    approvals,
    async ask(principal, calls, origin) {
      if (!calls.some(studio.needsYes)) return undefined;
      const asked = calls.map((call) => ({
        ...{ tool: call.tool, title: call.tool, input: call.input as JsonObject, request: digest([call.tool, call.input]) },
        ...(studio.needsYes(call) ? { why: "It is a test." } : {}),
      }));
      return approvals.ask(principal, { about: digest([origin, asked]), calls: asked, fields: [], origin });
    },
    async invoke(principal, call, { signal = new AbortController().signal } = {}) {
      studio.before(call);
      invoked.push(call);
      const tool = find(call.tool);
      if (tool.kind === "job") return { kind: "job", ...(await accept(principal, tool, call)) };
      const { key, origin } = call;
      const answer = await tool.answer(parseInput(tool, call.input) as never, {
        studio,
        principal,
        signal,
        progress() {},
        ...(key === undefined ? {} : { key }),
        ...(origin ? { origin } : {}),
      });
      return { kind: "answer", ...answer };
    },
    get: async (principal, id) => own(principal, id),
    async list(principal, { states, conversation, limit = 20 }) {
      return jobs
        .filter((job) => job.principal === principal.id)
        .filter((job) => !states || states.includes(job.state))
        .filter((job) => !conversation || job.origin?.conversation === conversation)
        .reverse()
        .slice(0, limit);
    },
    watch: nothing("watch"),
    wait: async (principal, id) => own(principal, id),
    async cancel(principal, id) {
      const job = own(principal, id);
      if (!isTerminal(job.state)) job.state = "canceled";
      return job;
    },
    async retry(principal, id) {
      const job = own(principal, id);
      if (job.state !== "failed" && job.state !== "canceled")
        throw new Failure("conflict", `Job ${id} is ${job.state}. Only failed or canceled jobs can be retried.`);
      job.state = "queued";
      return job;
    },
    rerolled: nothing("rerolled"),
    async reroll(principal, id, changes, call = {}) {
      const parent = own(principal, id);
      const tool = find(parent.tool) as JobTool;
      if (parent.tree?.stage !== undefined) {
        const again = redone(headOf(parent), parent, tool, changes);
        return (await accept(principal, find(again.tool) as JobTool, { ...call, ...again })).job;
      }
      const { seed: _seed, ...old } = parent.input;
      const input: JsonObject = tool.reroll ? tool.reroll(parent.input, changes) : { ...old, ...changes };
      return (await accept(principal, tool, { ...call, tool: tool.name, input, parent: id })).job;
    },
    async order(principal, id, name) {
      const job = own(principal, id);
      if (job.state !== "running") throw new Failure("conflict", `Job ${id} is ${job.state}; only one that runs can be told to ${name}.`);
      orders.push({ id, name });
      return job;
    },
    assets: createAssets({ assets: store, log: silentLog }),
    outlook: async () => ({}),
    upload: nothing("upload"),
    async artifact(principal, id) {
      const file = files.find((entry) => entry.id === id && entry.principal === principal.id);
      if (!file) throw new Failure("unknown_artifact", `There is no file ${id} of yours.`);
      return file;
    },
    artifacts: async (principal) => files.filter((file) => file.principal === principal.id),
    open: nothing("open"),
    openStripped: nothing("openStripped"),
    async thumbnail({ id, mediaType }, side, as = "webp") {
      if (!mediaType.startsWith("image/")) return undefined;
      thumbnails.push({ id, side, as });
      return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(id)]);
    },
    models: async (): Promise<ModelList[]> => [
      { engine: "test", checkpoints: [{ name: "dreamshaper_8", family: "sd15" }], loras: [], upscalers: [] },
    ],
    engines: async () => [],
    async pause(mode) {
      paused = { mode, since: new Date().toISOString() };
    },
    async resume() {
      paused = undefined;
    },
    paused: async () => paused,
  };
  return studio;
}
