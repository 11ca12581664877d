/** Where a prompt really stands: `/api/jobs/{id}`, else queue and history. Events of the socket never decide this. */
import { Failure } from "../../../core/failure.ts";
import type { Api } from "./api.ts";
import { type ExecutionError, executionError, history, job, type Outputs } from "./wire.ts";

export type PromptState =
  | { state: "pending" }
  | { state: "running" }
  | { state: "done"; outputs: Outputs }
  | { state: "failed"; error: ExecutionError }
  | { state: "interrupted" }
  /** ComfyUI does not know it: never posted, removed while pending, or lost in a restart. Never "done". */
  | { state: "unknown" };

type Messages = readonly (readonly [string, ...unknown[]])[];

function failed(messages: Messages, known?: ExecutionError): PromptState {
  const names = messages.map(([name]) => name);
  if (names.includes("execution_interrupted")) return { state: "interrupted" };
  const details = messages.find(([name]) => name === "execution_error")?.[1];
  const parsed = executionError.safeParse(details);
  return { state: "failed", error: known ?? (parsed.success ? parsed.data : { exception_message: "", exception_type: "" }) };
}

/** Throws Unreachable when ComfyUI does not answer. */
export async function lookUp(api: Api, id: string, signal?: AbortSignal): Promise<PromptState> {
  const answer = await api.get(`/api/jobs/${id}`, signal);
  const found = job.safeParse(answer.body);
  if (answer.status === 200 && found.success) return fromJob(found.data);
  // with the route there is a JSON body; without it aiohttp answers in plain text
  if (answer.status === 404 && isJobNotFound(answer.body)) return { state: "unknown" };
  if (answer.status === 404 || answer.status === 405) return fromQueueAndHistory(api, id, signal);
  throw new Failure(
    "engine_failed",
    `ComfyUI could not say how the job stands (status ${answer.status}). Its log has the details; retry.`,
    {
      retryable: true,
    },
  );
}

function isJobNotFound(body: unknown): boolean {
  return typeof body === "object" && body !== null && "error" in body;
}

function fromJob(found: ReturnType<typeof job.parse>): PromptState {
  switch (found.status) {
    case "pending":
      return { state: "pending" };
    case "in_progress":
      return { state: "running" };
    case "completed":
      return { state: "done", outputs: found.outputs ?? {} };
    case "cancelled":
      return { state: "interrupted" };
    default:
      return failed(found.execution_status?.messages ?? [], found.execution_error);
  }
}

async function fromQueueAndHistory(api: Api, id: string, signal?: AbortSignal): Promise<PromptState> {
  // the queue first: a prompt moves from queue to history in one step, so that asked in this order it cannot slip through
  const queue = await api.queue(signal);
  if (queue.queue_pending.some((item) => item[1] === id)) return { state: "pending" };
  if (queue.queue_running.some((item) => item[1] === id)) return { state: "running" };
  const answer = await api.get(`/history/${id}`, signal);
  const parsed = history.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success)
    throw new Failure("engine_rejected", `${api.http.address} does not answer /history as ComfyUI does. Update ComfyUI.`);
  const entry = parsed.data[id];
  if (!entry) return { state: "unknown" };
  if (entry.status && entry.status.status_str !== "success") return failed(entry.status.messages);
  return { state: "done", outputs: entry.outputs };
}
