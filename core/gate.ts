/** The gate before work that a person must allow: no face can get round it, because every job passes here on its way in. */
import { randomUUID } from "node:crypto";
import { type Approval, type ApprovalCall, estimateText, type Face, type NeedsYes } from "./approval.ts";
import type { Approvals } from "./approvals.ts";
import type { Artifact } from "./artifact.ts";
import type { Makes } from "./asset.ts";
import { Failure } from "./failure.ts";
import { digest, type JsonObject } from "./json.ts";
import type { Limits } from "./limits.ts";
import { estimateOf } from "./outlook.ts";
import { parseInput } from "./parse.ts";
import type { ApprovalRef } from "./ports/approval-store.ts";
import type { AssetStore } from "./ports/asset-store.ts";
import type { Engines } from "./ports/engine.ts";
import type { JobStore } from "./ports/job-store.ts";
import type { Opener } from "./ports/sound.ts";
import type { Principal } from "./principal.ts";
import { assetsInSight, type Plan } from "./promised.ts";
import { createStages } from "./stages.ts";
import type { Call } from "./studio.ts";
import type { AnswerTool, JobTool, PrepareContext, Prepared, Tool } from "./tool.ts";
import { assetOf, earlierStages, membersOf, type Stage } from "./tree.ts";

export interface GateParts {
  approvals: Approvals;
  jobs: Pick<JobStore, "history" | "promises" | "get">;
  assets: Pick<AssetStore, "find" | "list">;
  engines: Engines;
  limits: Limits;
  artifact(principal: Principal, id: string): Promise<Artifact>;
  /** The bytes of such a file. */
  read(artifact: Artifact): ReturnType<Opener>;
  /** The tool, for a principal who may call it. */
  allowed(principal: Principal, name: string): Tool;
}

/** A call with every choice made, and what it would ask of a person. */
export interface Weighed {
  call: ApprovalCall;
  fields: NonNullable<NeedsYes["fields"]>;
  /** Minutes of the card, the usual case. */
  cardMinutes: number;
  /** Whether it works with a voice or a face of somebody. */
  consent: boolean;
  /** For jobs. */
  prepared?: PreparedTree;
}

/** A job with every choice made, and the stages that are accepted with it. */
export type PreparedTree = Prepared & { stages: readonly Stage[] };

/** Every choice made, of the job and of the stages that it asks for. */
export async function prepare(parts: GateParts, principal: Principal, tool: JobTool, input: object, plan?: Plan): Promise<PreparedTree> {
  const { engines, limits } = parts;
  const artifact = (id: string) => parts.artifact(principal, id);
  const assets = assetsInSight(parts, principal.id, plan);
  const { stages, ...staged } = createStages({
    ...{ artifact, asset: assets.asset },
    async prepare(name, given, sight) {
      const stageTool = parts.allowed(principal, name);
      if (stageTool.kind !== "job") throw new Failure("invalid_input", `${name} cannot be a stage of ${tool.name}: it makes no file.`);
      return stageTool.prepare(parseInput(stageTool, given) as never, { ...context, ...sight });
    },
  });
  const context: PrepareContext = {
    ...{ principal, engines, limits, artifact, ...assets, ...staged },
    open: async (id) => parts.read(await artifact(id)),
  };
  return { ...(await tool.prepare(input as never, context)), stages };
}

/** A voice or a face is never used without a person's yes, whatever its tool says. */
function needOf(tool: JobTool, prepared: PreparedTree): { need: NeedsYes | undefined; consent: boolean } {
  const all: readonly Prepared[] = [prepared, ...prepared.stages.map((stage) => stage.prepared)];
  const wishes = all.flatMap(({ consent }) => consent ?? []);
  const need = prepared.yes ?? tool.needsYes?.(parseInput(tool, prepared.input) as never);
  if (wishes.length === 0) return { need: need ?? all.find(({ yes }) => yes)?.yes, consent: false };
  const statements = [...new Set([...(need?.statement ? [need.statement] : []), ...wishes.map(({ statement }) => statement)])];
  const people = [...new Set(wishes.map(({ subject, person }) => `the ${subject} of ${person}`))].join(" and ");
  return { need: { ...need, why: need?.why ?? `This works with ${people}.`, statement: statements.join(" ") }, consent: true };
}

/** The digest is of what was asked, not of what was decided: a retried request without a seed is still the same request. */
export function requestDigest(tool: Tool, input: object, parent: string | undefined): string {
  return digest({ tool: tool.name, input, parent: parent ?? null });
}

/** Whether two calls do the same. What was kept is compared, not a digest of it: that is what the person saw. */
function sameWork(one: ApprovalCall, other: ApprovalCall): boolean {
  return one.tool === other.tool && one.parent === other.parent && digest(one.input) === digest(other.input);
}

interface CallOptions {
  title: string;
  parent: string | undefined;
  need?: NeedsYes;
  makes?: Makes;
}

function callOf(tool: Tool, request: string, input: JsonObject, { title, parent, need, makes }: CallOptions) {
  return {
    ...{ tool: tool.name, title, input, request },
    ...(parent !== undefined ? { parent } : {}),
    ...(makes ? { makes } : {}),
    ...(need ? { why: need.why } : {}),
    ...(need?.statement !== undefined ? { statement: need.statement } : {}),
  } satisfies ApprovalCall;
}

export function longWhy(seconds: ApprovalCall["seconds"], most: number): string {
  return `This takes the card for ${estimateText([{ ...(seconds ? { seconds } : {}) }])}; above ${most} min a person is asked (MYSPINBOT_ASK_ABOVE_MINUTES).`;
}

export async function weighJob(
  parts: GateParts,
  principal: Principal,
  tool: JobTool,
  { input, parent, request, plan }: { input: object; parent: string | undefined; request: string; plan?: Plan },
): Promise<Weighed & { prepared: Prepared }> {
  const prepared = await prepare(parts, principal, tool, input, plan);
  const { need, consent } = needOf(tool, prepared);
  const most = parts.limits.askAboveMinutes;
  const each = await estimates(parts, principal, tool, prepared, need !== undefined, parent);
  const cardMinutes = each.reduce((sum, { card, usual }) => sum + (card ? usual / 60 : 0), 0);
  const estimate = each.length > 0 ? { seconds: together(each.map(({ seconds }) => seconds)) } : undefined;
  const long = most > 0 && cardMinutes > most ? { why: longWhy(estimate?.seconds, most) } : undefined;
  const asked = need ?? long;
  const { title } = prepared;
  const makes = assetOf(prepared.makes);
  const given = { title, parent, ...(asked ? { need: asked } : {}), ...(makes ? { makes } : {}) };
  const call = callOf(tool, request, prepared.input, given);
  const known = estimate ? { seconds: estimate.seconds } : {};
  return { call: { ...call, ...known }, fields: need?.fields ?? [], cardMinutes, consent, prepared };
}

const together = (all: readonly [number, number][]): [number, number] => [
  all.reduce((sum, [low]) => sum + low, 0),
  all.reduce((sum, [, high]) => sum + high, 0),
];

/** Of the job and its stages, where something is known: a stage that nobody has timed yet counts for nothing. */
async function estimates(
  parts: GateParts,
  principal: Principal,
  tool: JobTool,
  prepared: PreparedTree,
  asked: boolean,
  parent: string | undefined,
) {
  const { fresh } = membersOf(prepared.stages, prepared.stages.length > 0 ? await earlierStages(parts.jobs, principal.id, parent) : {});
  const each = [
    { tool, prepared: prepared as Prepared },
    ...fresh.map((stage) => ({ tool: parts.allowed(principal, stage.tool), prepared: stage.prepared })),
  ];
  const found = await Promise.all(
    each.map(async (one) => {
      const card = parts.engines.all.find((engine) => engine.id === one.prepared.engine)?.gpu === true;
      if (one.tool.kind !== "job" || !(asked || (card && parts.limits.askAboveMinutes > 0))) return undefined;
      const estimate = await estimateOf(parts.jobs, one.tool, one.prepared);
      return estimate && { card, ...estimate };
    }),
  );
  return found.filter((one) => one !== undefined);
}

export function weighAnswer(tool: AnswerTool, input: Record<string, unknown>): Weighed {
  const need = tool.needsYes?.(input as never);
  const plain = input as JsonObject;
  const call = callOf(tool, requestDigest(tool, input, undefined), plain, {
    ...{ title: tool.title, parent: undefined },
    ...(need ? { need } : {}),
  });
  return { call, fields: need?.fields ?? [], cardMinutes: 0, consent: false };
}

/** Asks (or finds the same question that is open already), and says so instead of doing it. */
async function approvalRequired(
  parts: Pick<GateParts, "approvals">,
  principal: Principal,
  { call, fields, consent }: Weighed,
  face: Face,
): Promise<Failure> {
  const approval = await parts.approvals.ask(principal, { about: call.request, calls: [call], fields, origin: { face } });
  const view = parts.approvals.view(approval);
  return new Failure(
    consent ? "consent_required" : "approval_required",
    `${call.why} Nothing was started. A person must say yes to exactly this on the page ${view.path} of this studio (until ${view.expires_at}); then send the same request again. No argument can say it for them.`,
    { approval: view },
  );
}

/** Whether a person said yes to it, used up or not. */
const granted = ({ state }: Approval): boolean => state === "approved" || state === "used";

/** What the calls before this one were shown to make: they are accepted by now, in the same order. */
function before(approval: Approval, index: number): Plan {
  return { makes: approval.calls.slice(0, index).flatMap(({ makes }) => makes ?? []), accepted: true };
}

/** What stands ready for a call: a yes that is still to be used, or what it was used for. */
function yesIn(
  approval: Approval | undefined,
  request: string,
): { ref: ApprovalRef; granted: Approval; call: ApprovalCall; plan: Plan } | undefined {
  const index = approval?.calls.findIndex((call) => call.request === request && call.why !== undefined) ?? -1;
  const call = approval?.calls[index];
  return approval && call && granted(approval)
    ? { ref: { id: approval.id, call: index }, granted: approval, call, plan: before(approval, index) }
    : undefined;
}

/** A call that was shown beside others and needs no yes itself runs as it was shown, seed and all, unless a choice has changed since. */
async function asShown(
  parts: GateParts,
  principal: Principal,
  tool: JobTool,
  { approval, parent, request }: { approval: Approval; parent: string | undefined; request: string },
): Promise<PreparedTree | undefined> {
  const index = approval.calls.findIndex((one) => one.request === request && one.why === undefined);
  const shown = approval.calls[index];
  if (!shown || !granted(approval)) return undefined;
  const input = parseInput(tool, shown.input);
  const again = await weighJob(parts, principal, tool, { input, parent, request, plan: before(approval, index) });
  return again.call.why === undefined && sameWork(again.call, shown) ? again.prepared : undefined;
}

type Passage = { prepared: PreparedTree; approval?: ApprovalRef; granted?: Approval } | { done: string };

/** What may be accepted, and the yes that it uses up. Failure `approval_required` where a person must be asked first. */
export async function passJob(
  parts: GateParts,
  principal: Principal,
  tool: JobTool,
  call: Pick<Call, "approval" | "parent" | "face"> & { input: object; request: string },
): Promise<Passage> {
  // the server side of a chat names the question that was answered in it; anybody else's yes is found by what it is about
  const answered = call.approval === undefined ? undefined : await parts.approvals.get(principal, call.approval);
  const named = yesIn(answered, call.request);
  if (named?.call.used !== undefined) return { done: named.call.used };
  const asked = { parent: call.parent, request: call.request };
  const shown = named || !answered ? undefined : await asShown(parts, principal, tool, { ...asked, approval: answered });
  if (shown) return { prepared: shown };
  const weighed = named ? undefined : await weighJob(parts, principal, tool, { input: call.input, ...asked });
  if (weighed && weighed.call.why === undefined) return { prepared: weighed.prepared };
  const yes = named ?? yesIn(await parts.approvals.live(principal, call.request), call.request);
  if (!yes) throw await approvalRequired(parts, principal, weighed as Weighed, call.face ?? "api");
  // what the person saw is what runs: the seed that was chosen then, and nothing that has changed since
  const again = await weighJob(parts, principal, tool, { input: parseInput(tool, yes.call.input), ...asked, plan: yes.plan });
  if (sameWork(again.call, yes.call)) return { prepared: again.prepared, approval: yes.ref, granted: yes.granted };
  await parts.approvals.expire(yes.ref.id);
  throw await approvalRequired(parts, principal, { ...again, call: { ...again.call, why: yes.call.why ?? "" } }, call.face ?? "api");
}

/** The same for a call that makes no job. The yes is used up before it runs: it runs at most once, unless it is repeated with its key. */
export async function passAnswer(
  parts: GateParts,
  principal: Principal,
  tool: AnswerTool,
  input: Record<string, unknown>,
  call: Pick<Call, "approval" | "key" | "face">,
): Promise<void> {
  if (!tool.needsYes) return;
  const weighed = weighAnswer(tool, input);
  if (weighed.call.why === undefined) return;
  const { approvals } = parts;
  const { request } = weighed.call;
  const yes = yesIn(
    await (call.approval === undefined ? approvals.live(principal, request) : approvals.get(principal, call.approval)),
    request,
  );
  const by = call.key === undefined ? `once ${randomUUID()}` : `key ${call.key}`;
  const used = yes ? await parts.approvals.use(principal, yes.ref, by) : undefined;
  if (used !== by) throw await approvalRequired(parts, principal, weighed, call.face ?? "api");
}
