/** The tasks extension of the 2026 era in its own words: a call that is answered at once by a task, which is asked for until it has ended. */
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type ServerContext,
} from "@modelcontextprotocol/server";

export const tasksExtension = "io.modelcontextprotocol/tasks";

/** Milliseconds between two looks that we ask of a client. */
const pollIntervalMs = 2000;

export interface Task {
  taskId: string;
  /** A tool that failed has `completed` with a result that says so; `failed` is for a broken protocol alone. What has ended never changes. */
  status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  statusMessage?: string;
  createdAt: string;
  lastUpdatedAt: string;
}

/** A task with what came of it, or what it waits for. */
export interface DetailedTask extends Task {
  result?: CallToolResult;
  error?: { code: number; message: string };
  inputRequests?: Record<string, { method: string; params: Record<string, unknown> }>;
}

/** Each is undefined (false) for a task that is not the asking person's. */
export interface TaskSource {
  get(id: string): Promise<DetailedTask | undefined>;
  /** Answers to what the task waits for; keys that it does not wait for are ignored. */
  update(id: string, responses: Record<string, unknown>): Promise<boolean>;
  /** Nothing happens to a task that has ended. */
  cancel(id: string): Promise<boolean>;
}

/** Whether this request declared the extension: every request of the 2026 era says for itself what its client can do. */
export function declaresTasks(context: ServerContext): boolean {
  const envelope: Record<string, unknown> = { ...context.mcpReq.envelope };
  const declared = envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
  return declared?.extensions?.[tasksExtension] !== undefined;
}

/** `ttlMs` null: a job is kept until somebody deletes it. */
export const taskFields = { ttlMs: null, pollIntervalMs };

/** What a tool call answers in place of its result. The task can be asked for before this is sent. */
export function createdTask({ taskId, status, statusMessage, createdAt, lastUpdatedAt }: Task): CallToolResult {
  const task = { resultType: "task", taskId, status, ...(statusMessage ? { statusMessage } : {}), createdAt, lastUpdatedAt, ...taskFields };
  return { content: [], ...task };
}
