/** Questions to people: asked once about the same, answered once, by their own principal only. */
import {
  type AnswerWay,
  type Approval,
  type ApprovalCall,
  type ApprovalField,
  type ApprovalOrigin,
  type ApprovalView,
  approvalView,
} from "./approval.ts";
import { type ApprovalLinks, createApprovalLinks } from "./approval-links.ts";
import { Failure } from "./failure.ts";
import { isId, newId } from "./ids.ts";
import type { Log } from "./log.ts";
import type { ApprovalRef, ApprovalStore } from "./ports/approval-store.ts";
import type { Principal } from "./principal.ts";

/** Hours that a question and its yes are good for. */
const approvalHours = 24;
/** Open questions of one principal: a program that asks without end must not fill the table. */
const mostOpen = 100;
const longestValue = 500;

export interface NewQuestion {
  about: string;
  calls: ApprovalCall[];
  fields: readonly ApprovalField[];
  origin: ApprovalOrigin;
}

export interface Reply {
  yes: boolean;
  how: AnswerWay;
  /** What was filled in, by the field's name. */
  values?: Record<string, unknown>;
}

export interface Approvals {
  /** The live question about the same, or a new one. */
  ask(principal: Principal, question: NewQuestion): Promise<Approval>;
  live(principal: Principal, about: string): Promise<Approval | undefined>;
  /** Failure `unknown_approval` for an id that is not this principal's. */
  get(principal: Principal, id: string): Promise<Approval>;
  list(principal: Principal, options: { open: boolean; limit: number }): Promise<Approval[]>;
  /** The same answer again changes nothing; Failure `conflict` for another one, or one that comes too late; `invalid_input` for a field that is wrong. */
  answer(principal: Principal, id: string, reply: Reply): Promise<Approval>;
  expire(id: string): Promise<void>;
  /** See the port. */
  use(principal: Principal, ref: ApprovalRef, by: string): Promise<string>;
  view(approval: Approval): ApprovalView;
  /** What a link alone shows. Undefined for any that was not made here. */
  byLink(id: string, ticket: string): Promise<Approval | undefined>;
  readonly links: Pick<ApprovalLinks, "form" | "takes" | "path">;
}

function unknownApproval(id: string): Failure {
  return new Failure("unknown_approval", `There is no question ${id.slice(0, 60)} of yours. GET /v1/approvals lists them.`);
}

function checkedValues(fields: readonly ApprovalField[], given: Record<string, unknown>, path: string): Record<string, string | boolean> {
  const problems = Object.keys(given)
    .filter((name) => !fields.some((field) => field.name === name))
    .map((name) => ({ path: name.slice(0, 60), message: "unknown field" }));
  const values: Record<string, string | boolean> = {};
  for (const { name, kind, required } of fields) {
    const value = given[name];
    const fits = kind === "check" ? typeof value === "boolean" : typeof value === "string" && value.trim().length <= longestValue;
    const empty = value === undefined || value === false || (typeof value === "string" && value.trim() === "");
    if (required && empty) problems.push({ path: name, message: kind === "check" ? "must be ticked" : "must be filled in" });
    else if (!empty && !fits)
      problems.push({ path: name, message: kind === "check" ? "is a yes or no" : `at most ${longestValue} characters` });
    else if (!empty) values[name] = typeof value === "string" ? value.trim() : true;
  }
  if (problems.length === 0) return values;
  const list = problems.map((problem) => `${problem.path}: ${problem.message}`).join("; ");
  throw new Failure("invalid_input", `This question asks for more than a yes. ${list}. Its page has the fields: ${path}`, {
    fields: problems,
  });
}

function tooLate({ state, answer }: Approval): Failure {
  const said = answer && state !== "expired" ? ` on ${answer.at.toISOString().slice(0, 16).replace("T", " ")} UTC` : "";
  const was = {
    open: "is still open",
    approved: `was answered with yes${said}`,
    declined: `was answered with no${said}`,
    used: `was answered with yes${said}, and what it allowed was done`,
    expired: "is over",
  }[state];
  return new Failure("conflict", `The question ${was}. Ask for the same thing again: that makes a new question.`);
}

export function createApprovals(parts: { store: ApprovalStore; secret: Uint8Array; log: Log; now?: () => number }): Approvals {
  const { store, secret, log, now = Date.now } = parts;
  const links = createApprovalLinks({ secret, now });

  const own = async (principal: Principal, id: string): Promise<Approval> => {
    const approval = isId("appr", id) ? await store.get(id) : undefined;
    if (approval?.principal !== principal.id) throw unknownApproval(id);
    return approval;
  };

  return {
    links,
    async ask(principal, { about, calls, fields, origin }) {
      const createdAt = new Date(now());
      const expiresAt = new Date(now() + approvalHours * 3_600_000);
      const fresh: Approval = {
        ...{ id: newId("appr"), principal: principal.id, about, state: "open", calls, fields, origin, createdAt, expiresAt },
      };
      const approval = await store.ask(fresh, mostOpen);
      if (approval.id === fresh.id) log.info({ approval: fresh.id, principal: principal.id, face: origin.face }, "a person is asked");
      return approval;
    },
    live: (principal, about) => store.live(principal.id, about),
    get: own,
    list: (principal, options) => store.list(principal.id, options),
    async answer(principal, id, { yes, how, values = {} }) {
      const before = await own(principal, id);
      const filled = yes && before.state === "open" ? checkedValues(before.fields, values, links.path(before)) : {};
      const done = await store.answer(id, yes, { at: new Date(now()), by: principal.id, how, values: filled });
      if (!done) throw unknownApproval(id);
      const { approval, changed } = done;
      if (changed) log.info({ approval: id, by: principal.id, how, yes }, "a person has answered");
      const asked: readonly string[] = yes ? ["approved", "used"] : ["declined"];
      if (!changed && !asked.includes(approval.state)) throw tooLate(approval);
      return approval;
    },
    expire: store.expire,
    use: (principal, ref, by) => store.use(principal.id, ref, by),
    view: (approval) => approvalView(approval, links.path(approval)),
    async byLink(id, ticket) {
      const approval = isId("appr", id) ? await store.get(id) : undefined;
      return links.opens(approval, ticket) ? approval : undefined;
    },
  };
}
