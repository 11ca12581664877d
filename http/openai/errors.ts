/** Failures in the shape that OpenAI clients read: `{"error": {message, type, code, param}}` with the usual statuses. */
import type { Failure } from "../../core/failure.ts";
import { failureResponse } from "../failures.ts";

export interface OpenaiError {
  error: { message: string; type: string; code: string; param: string | null };
}

const types: Record<number, string> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};

/** True for the routes that speak this dialect. */
export function isOpenaiPath(path: string): boolean {
  return path === "/v1/chat/completions" || path === "/v1/models" || path.startsWith("/v1/models/");
}

export function openaiError(failure: Failure, status: number): OpenaiError {
  const model = failure.code === "unknown_model";
  return {
    error: {
      message: failure.message,
      type: types[status] ?? (status >= 500 ? "server_error" : "invalid_request_error"),
      // the code by which clients know this case
      code: model ? "model_not_found" : failure.code,
      param: model ? "model" : (failure.fields?.[0]?.path ?? null),
    },
  };
}

export function openaiResponse(failure: Failure): Response {
  const { status, headers } = failureResponse(failure);
  return new Response(JSON.stringify(openaiError(failure, status)), { status, headers });
}
