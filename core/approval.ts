/** An approval: what a person is asked about exact calls, what they said, and how far it has come. No argument of a tool can stand for it. */
import type { Makes } from "./asset.ts";
import type { JsonObject } from "./json.ts";
import { visible } from "./visible.ts";

export const approvalStates = ["open", "approved", "declined", "used", "expired"] as const;
/** `approved` until every call that needed the yes has run, then `used`. */
export type ApprovalState = (typeof approvalStates)[number];

/** How an answer came: a client's form, a dialog of a face, our page, or plain words in the chat. */
export const answerWays = ["elicitation", "dialog", "page", "words"] as const;
export type AnswerWay = (typeof answerWays)[number];

/** Where a request came in. */
export const faces = ["chat", "mcp", "api"] as const;
export type Face = (typeof faces)[number];

/** Something a person fills in beside their yes. */
export interface ApprovalField {
  /** snake_case. */
  name: string;
  title: string;
  description?: string;
  /** `check` is ticked or not; a required one must be ticked. */
  kind: "text" | "check";
  required: boolean;
}

/** Why a call needs a person's yes, as its tool says it. */
export interface NeedsYes {
  /** One short sentence. */
  why: string;
  /** What the person agrees to besides, word by word. */
  statement?: string;
  fields?: readonly ApprovalField[];
}

export interface ApprovalCall {
  tool: string;
  title: string;
  /** What will run, every choice made. */
  input: JsonObject;
  parent?: string;
  /** What it will make: later calls of the same plan may ask for it by name. */
  makes?: Makes;
  /** Digest of the request as it was made: the same request again is met by the same approval. */
  request: string;
  /** Absent where this call alone needs no yes. */
  why?: string;
  statement?: string;
  /** Seconds it may take, from and to, by this box's own history. */
  seconds?: [number, number];
  /** What it was used for: a job's id, or the key of a call that makes no job. */
  used?: string;
}

export interface ApprovalOrigin {
  face: Face;
  conversation?: string;
  message?: string;
}

export interface ApprovalAnswer {
  at: Date;
  /** Id of the principal who answered. */
  by: string;
  how: AnswerWay;
  values: Record<string, string | boolean>;
}

export interface Approval {
  id: string;
  principal: string;
  /** Digest of what it is about: one principal has at most one live approval about the same. */
  about: string;
  state: ApprovalState;
  calls: ApprovalCall[];
  fields: readonly ApprovalField[];
  origin: ApprovalOrigin;
  createdAt: Date;
  expiresAt: Date;
  answer?: ApprovalAnswer;
}

export interface ApprovalView {
  id: string;
  state: ApprovalState;
  /** The whole question in words. */
  text: string;
  calls: { tool: string; title: string; input: JsonObject; why?: string; statement?: string; seconds?: [number, number]; used?: string }[];
  fields: ApprovalField[];
  face: Face;
  conversation?: string;
  message?: string;
  /** Path and query of the page that shows it and takes the answer; the face puts its own origin before it. */
  path: string;
  created_at: string;
  expires_at: string;
  answered_at?: string;
  answered_by?: string;
  how?: AnswerWay;
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

/** `about 20 min to 40 min`; undefined where nothing is known of any call. */
export function estimateText(calls: readonly Pick<ApprovalCall, "seconds">[]): string | undefined {
  const known = calls.flatMap(({ seconds }) => (seconds ? [seconds] : []));
  if (known.length === 0) return undefined;
  const [low, high] = [0, 1].map((end) => minutes(known.reduce((sum, range) => sum + (range[end as 0 | 1] ?? 0), 0)));
  const rest = known.length < calls.length ? ", and what is not known yet" : "";
  return `${low === high ? `about ${low}` : `about ${low} to ${high}`}${rest}`;
}

/** A code span of Markdown: a chat must not take what a model wrote for markup, and hide a part of it or load what it names. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${text}${fence}`;
}

/** Words in which a name or a transcript may stand that a model wrote: on one line, and nothing in them is markup. */
const plain = (text: string): string => text.replace(/\s+/g, " ").replace(/[\\`*[\]<>#|~]/g, "\\$&");

export function questionText({ calls, fields }: Pick<Approval, "calls" | "fields">): string {
  const estimate = estimateText(calls);
  const reasons = new Set(calls.flatMap(({ why, statement }) => [why, statement].filter((text) => text !== undefined)));
  const lines = [
    "Shall I do this? Answer yes or no.",
    // all of it: nobody can agree to what was left out
    ...calls.map(({ tool, input }) => `- ${tool} ${code(JSON.stringify(input))}`),
    ...[...reasons].map(plain),
    ...(estimate ? [`Time: ${estimate}.`] : []),
    ...fields.map(({ title, required }) => `To fill in: ${title}${required ? "" : " (if you like)"}`),
  ];
  return visible(lines.join("\n"));
}

export function approvalView(approval: Approval, path: string): ApprovalView {
  const { id, state, calls, fields, origin, createdAt, expiresAt, answer } = approval;
  const { face, conversation, message } = origin;
  return {
    ...{ id, state, text: questionText(approval) },
    calls: calls.map(({ request: _request, parent: _parent, makes: _makes, ...call }) => call),
    fields: [...fields],
    face,
    ...(conversation !== undefined ? { conversation } : {}),
    ...(message !== undefined ? { message } : {}),
    path,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    ...(answer ? { answered_at: answer.at.toISOString(), answered_by: answer.by, how: answer.how } : {}),
  };
}
