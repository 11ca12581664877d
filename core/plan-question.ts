/** One question for a whole plan: every call with every choice made, and why a person is asked. */
import type { Approval, ApprovalOrigin } from "./approval.ts";
import type { Makes } from "./asset.ts";
import { type GateParts, longWhy, requestDigest, type Weighed, weighAnswer, weighJob } from "./gate.ts";
import { digest, type JsonObject } from "./json.ts";
import { parseInput } from "./parse.ts";
import type { Principal } from "./principal.ts";
import type { Call, Studio } from "./studio.ts";
import type { Tool } from "./tool.ts";

interface Around {
  studio: Studio;
  /** The tool, for a principal who may call it. */
  allowed(principal: Principal, name: string): Tool;
}

async function weigh(
  parts: GateParts,
  around: Around,
  principal: Principal,
  call: Pick<Call, "tool" | "input" | "parent">,
  promised: readonly Makes[],
): Promise<Weighed> {
  const tool = around.allowed(principal, call.tool);
  const input = parseInput(tool, call.input);
  if (tool.kind === "job") {
    const { parent } = call;
    const plan = { makes: promised, accepted: false };
    return weighJob(parts, principal, tool, { input, parent, request: requestDigest(tool, input, parent), plan });
  }
  const submitted = await tool.submits?.(input as never, { studio: around.studio, principal });
  return submitted ? weigh(parts, around, principal, submitted, promised) : weighAnswer(tool, input);
}

/** What cannot be weighed now (its engine is away, or its words are wrong) meets the gate when it is submitted. It must not keep a person from being asked about the others. */
function unweighed({ tool, input, parent }: Call): Weighed {
  const asked = input as JsonObject;
  const request = digest({ tool, input, parent: parent ?? null });
  return {
    call: { tool, title: tool, input: asked, request, ...(parent !== undefined ? { parent } : {}) },
    fields: [],
    cardMinutes: 0,
    consent: false,
  };
}

/** What each is short enough for may be too long together. */
function together(all: readonly Weighed[], most: number): Weighed[] {
  const minutes = all.reduce((sum, { cardMinutes }) => sum + cardMinutes, 0);
  if (most <= 0 || minutes <= most) return [...all];
  const seconds = all.reduce<[number, number]>(
    ([low, high], { call }) => [low + (call.seconds?.[0] ?? 0), high + (call.seconds?.[1] ?? 0)],
    [0, 0],
  );
  const why = longWhy(seconds, most);
  return all.map((one) => (one.cardMinutes > 0 && one.call.why === undefined ? { ...one, call: { ...one.call, why } } : one));
}

/** Undefined where no call needs a yes: nothing is kept then. */
export async function askOnce(
  parts: GateParts,
  around: Around,
  principal: Principal,
  calls: readonly Call[],
  origin: ApprovalOrigin,
): Promise<Approval | undefined> {
  const each: Weighed[] = [];
  for (const call of calls) {
    const promised = each.flatMap((one) => one.call.makes ?? []);
    each.push(await weigh(parts, around, principal, call, promised).catch(() => unweighed(call)));
  }
  const all = together(each, parts.limits.askAboveMinutes);
  if (!all.some(({ call }) => call.why !== undefined)) return undefined;
  const fields = all.flatMap((one) => one.fields).filter(({ name }, at, list) => list.findIndex((other) => other.name === name) === at);
  const about = digest([
    origin.conversation ?? null,
    origin.message ?? null,
    calls.map(({ tool, input, parent }) => ({ tool, input, parent })),
  ]);
  return parts.approvals.ask(principal, { about, calls: all.map(({ call }) => call), fields, origin });
}
