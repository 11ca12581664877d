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
import type { Principal } from "./principal.ts";
import { assetsInSight, type Plan } from "./promised.ts";
import type { Call } from "./studio.ts";
import type { AnswerTool, JobTool, PrepareContext, Prepared, Tool } from "./tool.ts";

export interface GateParts {
  approvals: Approvals;
  jobs: Pick<JobStore, "history" | "promises">;
  assets: Pick<AssetStore, "find" | "list">;
  engines: Engines;
  limits: Limits;
  artifact(principal: Principal, id: string): Promise<Artifact>;
}

/** A call with every choice made, and what it would ask of a person. */
export interface Weighed {
  call: ApprovalCall;
  fields: NonNullable<NeedsYes["fields"]>;
  /** Minutes of the card, the usual case. */
  cardMinutes: number;
  /** For jobs. */
  prepared?: Prepared;
}

export function prepareContext(parts: GateParts, principal: Principal, plan?: Plan): PrepareContext {
  const { engines, limits, artifact } = parts;
  return { principal, engines, limits, artifact: (id) => artifact(principal, id), ...assetsInSight(parts, principal.id, plan) };
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
  const prepared = await tool.prepare(input as never, prepareContext(parts, principal, plan));
  const need = prepared.yes ?? tool.needsYes?.(parseInput(tool, prepared.input) as never);
  const most = parts.limits.askAboveMinutes;
  const card = parts.engines.all.find((engine) => engine.id === prepared.engine)?.gpu === true;
  const estimate = need || (card && most > 0) ? await estimateOf(parts.jobs, tool, prepared) : undefined;
  const cardMinutes = card && estimate ? estimate.usual / 60 : 0;
  const long = most > 0 && cardMinutes > most ? { why: longWhy(estimate?.seconds, most) } : undefined;
  const asked = need ?? long;
  const { title, makes } = prepared;
  const given = { title, parent, ...(asked ? { need: asked } : {}), ...(makes ? { makes } : {}) };
  const call = callOf(tool, request, prepared.input, given);
  return { call: { ...call, ...(estimate ? { seconds: estimate.seconds } : {}) }, fields: need?.fields ?? [], cardMinutes, prepared };
}

export function weighAnswer(tool: AnswerTool, input: Record<string, unknown>): Weighed {
  const need = tool.needsYes?.(input as never);
  const plain = input as JsonObject;
  const call = callOf(tool, requestDigest(tool, input, undefined), plain, {
    ...{ title: tool.title, parent: undefined },
    ...(need ? { need } : {}),
  });
  return { call, fields: need?.fields ?? [], cardMinutes: 0 };
}

/** Asks (or finds the same question that is open already), and says so instead of doing it. */
async function approvalRequired(
  parts: Pick<GateParts, "approvals">,
  principal: Principal,
  { call, fields }: Weighed,
  face: Face,
): Promise<Failure> {
  const approval = await parts.approvals.ask(principal, { about: call.request, calls: [call], fields, origin: { face } });
  const view = parts.approvals.view(approval);
  return new Failure(
    "approval_required",
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
function yesIn(approval: Approval | undefined, request: string): { ref: ApprovalRef; call: ApprovalCall; plan: Plan } | undefined {
  const index = approval?.calls.findIndex((call) => call.request === request && call.why !== undefined) ?? -1;
  const call = approval?.calls[index];
  return approval && call && granted(approval) ? { ref: { id: approval.id, call: index }, call, plan: before(approval, index) } : undefined;
}

/** A call that was shown beside others and needs no yes itself runs as it was shown, seed and all, unless a choice has changed since. */
async function asShown(
  parts: GateParts,
  principal: Principal,
  tool: JobTool,
  { approval, parent, request }: { approval: Approval; parent: string | undefined; request: string },
): Promise<Prepared | undefined> {
  const index = approval.calls.findIndex((one) => one.request === request && one.why === undefined);
  const shown = approval.calls[index];
  if (!shown || !granted(approval)) return undefined;
  const input = parseInput(tool, shown.input);
  const again = await weighJob(parts, principal, tool, { input, parent, request, plan: before(approval, index) });
  return again.call.why === undefined && sameWork(again.call, shown) ? again.prepared : undefined;
}

type Passage = { prepared: Prepared; approval?: ApprovalRef } | { done: string };

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
  if (sameWork(again.call, yes.call)) return { prepared: again.prepared, approval: yes.ref };
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
