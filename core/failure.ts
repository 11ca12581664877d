/** Every error that a person may see is a `Failure`: a stable code and a message that says what to do next. */
import type { ApprovalView } from "./approval.ts";

export const failureCodes = [
  "invalid_input",
  "unknown_tool",
  "unknown_job",
  "unknown_artifact",
  "unknown_asset",
  "unknown_conversation",
  "unknown_delivery",
  "unknown_model",
  "unknown_lora",
  "unknown_key",
  "unknown_approval",
  "unknown_route",
  "key_conflict",
  "not_allowed",
  "approval_required",
  "consent_required",
  "unauthorized",
  "limit_exceeded",
  "unsupported_media",
  "conflict",
  "needs_failed",
  "canceled",
  "config",
  "folder_in_use",
  "not_running",
  "engine_unavailable",
  "engine_outdated",
  "engine_rejected",
  "engine_failed",
  "engine_lost",
  "engine_stalled",
  "out_of_memory",
  "model_unavailable",
  "model_failed",
  "storage_full",
  "storage_unavailable",
  "database_unavailable",
  "queue_unavailable",
  "timeout",
  "internal",
] as const;

export type FailureCode = (typeof failureCodes)[number];

/** What a face shows of a failure: never a stack trace, a path of the server or a secret. */
export interface FailureView {
  code: FailureCode;
  message: string;
  /** True where the same request may succeed later without any change. */
  retryable: boolean;
  /** One entry a bad field, where the input was at fault. */
  fields?: { path: string; message: string }[];
  /** The question that a person must answer first, where the code is `approval_required`. */
  approval?: ApprovalView;
}

export interface FailureOptions {
  cause?: unknown;
  /** Infrastructure trouble that a new attempt may not meet. Default false. */
  retryable?: boolean;
  fields?: { path: string; message: string }[];
  approval?: ApprovalView;
}

export class Failure extends Error {
  readonly code: FailureCode;
  readonly retryable: boolean;
  readonly fields: { path: string; message: string }[] | undefined;
  readonly approval: ApprovalView | undefined;

  /** @param message what went wrong, what is allowed, and what to do next. */
  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "Failure";
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.fields = options.fields;
    this.approval = options.approval;
  }

  view(): FailureView {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.fields ? { fields: this.fields } : {}),
      ...(this.approval ? { approval: this.approval } : {}),
    };
  }
}

/** Any thrown thing as a Failure. What we did not foresee becomes `internal`, its text kept as `cause` for the log only. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ENOSPC") return new Failure("storage_full", "The disk is full. Free some space, then retry the job.", { cause: error });
  return new Failure("internal", "Something unexpected went wrong; the server log has the details. Retry, and report it if it stays.", {
    cause: error,
  });
}
