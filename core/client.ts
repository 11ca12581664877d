/** The studio as a thin client sees it: what the HTTP API offers, over the data folder's socket or over TCP. Command line, stdio MCP and tests use it. */
import type { Readable } from "node:stream";
import type { AnswerWay, ApprovalView } from "./approval.ts";
import type { Part } from "./chat.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Scope } from "./scope.ts";
import type { ArtifactView, JobView } from "./view.ts";

/** A tool as data: what MCP, forms, slash help and the docs page are made from. */
export interface ToolView {
  name: string;
  title: string;
  alias: string;
  description: string;
  kind: "job" | "answer";
  /** JSON Schema 2020-12 of the input. */
  input_schema: JsonObject;
  annotations: { readOnly: boolean; destructive: boolean; idempotent: boolean };
}

export type InvokedView =
  | { kind: "job"; job: JobView; created: boolean }
  | { kind: "answer"; text: string; data: JsonObject; job?: string; follow?: boolean };

export interface StatusRow {
  part: string;
  state: "ok" | "down" | "absent" | "info";
  what: string;
  /** The command or setting that brings it. */
  fix?: string;
}

export interface StatusView {
  version: string;
  pid: number;
  data: string;
  /** Where HTTP listens, besides the socket. */
  url?: string;
  /** Where people's browsers reach it, as the person has set it. */
  public_url?: string;
  rows: StatusRow[];
}

/** Where a browser opens a file without a key. */
export interface LinkView {
  /** Path and query on the server. */
  path: string;
  /** Absent where no key is asked for anyway: it is good as long as the file. */
  expires_at?: string;
}

/** An access key without its secret. */
export interface AccessKeyView {
  id: string;
  name: string;
  principal: string;
  scopes: readonly Scope[];
  created_at: string;
  last_used_at?: string;
  revoked_at?: string;
}

/** For administrators. Every method throws the server's Failure as a Failure. */
export interface KeysClient {
  /** What is left out is the server's choice: reading and writing jobs, for the local principal. The secret is shown this once. */
  create(wish: { name?: string; scopes?: string[]; principal?: string }): Promise<{ key: AccessKeyView; secret: string }>;
  list(): Promise<AccessKeyView[]>;
  /** Failure `unknown_key`. */
  revoke(id: string): Promise<AccessKeyView>;
}

export interface ChatRequest {
  text: string;
  /** Absent: a new conversation. */
  conversation?: string;
  /** Absent: a new message. The same id again is the same turn: no second job. */
  message?: string;
  attachments?: string[];
  branch?: string[];
}

/** Every method throws the server's Failure as a Failure; `not_running` when there is no server. */
export interface Client {
  status(): Promise<StatusView>;
  tools(): Promise<ToolView[]>;
  invoke(
    tool: string,
    input: Json,
    options?: { key?: string; signal?: AbortSignal; traceparent?: string; progress?: (fraction: number, note: string) => void },
  ): Promise<InvokedView>;
  /** What the person said to a question of theirs. Failure `conflict` where it was answered otherwise before, or is over. */
  answer(
    id: string,
    reply: { yes: boolean; how: Extract<AnswerWay, "dialog" | "elicitation">; values?: Record<string, unknown> },
  ): Promise<ApprovalView>;
  /** The turn's own parts, then those of its jobs until all are terminal, then `done`. Ending the iteration ends no job. */
  chat(request: ChatRequest, signal?: AbortSignal): AsyncIterable<Part>;
  job(id: string): Promise<JobView>;
  /** Newest first, at most 200; without their places in line. */
  jobs(limit: number): Promise<JobView[]>;
  cancel(id: string): Promise<JobView>;
  /** Event views (see `eventView`), replayed after `after`. */
  watch(id: string, options?: { after?: number; signal?: AbortSignal }): AsyncIterable<JsonObject>;
  artifact(id: string): Promise<ArtifactView>;
  /** What was made and what was uploaded, newest first, at most 200. */
  artifacts(limit: number): Promise<ArtifactView[]>;
  download(id: string, options?: { strip?: boolean }): Promise<Readable>;
  /** Made anew with each call. */
  link(id: string): Promise<LinkView>;
  /** WebP, longest side ≤ 512 pixels; undefined for what is no picture. */
  thumbnail(id: string): Promise<Uint8Array | undefined>;
  upload(name: string, body: Readable, bytes?: number): Promise<ArtifactView>;
}
