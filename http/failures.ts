/** Failure → HTTP: the one table from code to status. */
import { Failure, type FailureCode } from "../core/failure.ts";

export const statusByCode: Record<FailureCode, number> = {
  invalid_input: 400,
  unknown_tool: 404,
  unknown_job: 404,
  unknown_artifact: 404,
  unknown_asset: 404,
  unknown_conversation: 404,
  unknown_delivery: 404,
  unknown_model: 422,
  unknown_lora: 422,
  unknown_key: 404,
  unknown_approval: 404,
  unknown_route: 404,
  key_conflict: 409,
  not_allowed: 403,
  // who asks may do it, and the same request passes once a person has said yes: the state is in the way, not the right
  consent_required: 409,
  approval_required: 409,
  unauthorized: 401,
  // a prompt or a size: the same request never passes. What passes later (a full queue) is 429, below
  limit_exceeded: 422,
  unsupported_media: 415,
  conflict: 409,
  needs_failed: 409,
  canceled: 409,
  config: 500,
  folder_in_use: 503,
  not_running: 503,
  engine_unavailable: 503,
  engine_outdated: 503,
  engine_rejected: 422,
  engine_failed: 502,
  engine_lost: 502,
  engine_stalled: 504,
  out_of_memory: 503,
  model_unavailable: 503,
  model_failed: 502,
  storage_full: 507,
  storage_unavailable: 503,
  database_unavailable: 503,
  queue_unavailable: 503,
  timeout: 504,
  internal: 500,
};

/** A Failure whose place decides the status: a body over its limit is 413, a full queue of the same code 429. */
export class HttpFailure extends Failure {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, code: FailureCode, message: string, headers: Record<string, string> = {}) {
    super(code, message, { retryable: status === 408 || status === 503 });
    this.status = status;
    this.headers = headers;
  }
}

/** `{"error": FailureView}` with the right status. */
export function failureResponse(failure: Failure): Response {
  const later = failure.code === "limit_exceeded" && failure.retryable;
  const status = failure instanceof HttpFailure ? failure.status : later ? 429 : statusByCode[failure.code];
  return new Response(JSON.stringify({ error: failure.view() }), {
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(failure.retryable && (status === 503 || status === 429) ? { "retry-after": "5" } : {}),
      ...(failure instanceof HttpFailure ? failure.headers : {}),
    },
  });
}
