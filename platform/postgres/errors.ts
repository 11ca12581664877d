/** Database trouble in words for a person; what is a fault of ours passes through. */
import { Failure } from "../../core/failure.ts";

/** SQLSTATE classes and system errors that say "not now", not "not so". */
function isOutage(code: string, message: string): boolean {
  return (
    /^(08|57P0[1-5]|53[03]00|25006|40001|40P01)/.test(code) ||
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|pool after calling end/.test(
      message,
    )
  );
}

/** drizzle wraps what the driver throws. */
function innermost(error: unknown): { code: string; message: string } {
  let at = error as { code?: unknown; message?: unknown; cause?: unknown; errors?: unknown[] };
  while (at?.cause && typeof at.cause === "object" && at.code === undefined) at = at.cause as typeof at;
  // both addresses of "localhost" refused: the reason is in the parts
  if (at?.code === undefined && Array.isArray(at?.errors) && at.errors[0]) at = at.errors[0] as typeof at;
  return { code: String(at?.code ?? ""), message: String(at?.message ?? "") };
}

export function databaseFailure(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const { code, message } = innermost(error);
  if (code === "53100")
    return new Failure("storage_full", "The disk of the database is full. Free some space, then try again.", {
      cause: error,
      retryable: true,
    });
  if (isOutage(code, message))
    return new Failure(
      "database_unavailable",
      "The database does not answer. Try again in a moment; `myspinbot doctor` shows what is wrong.",
      {
        cause: error,
        retryable: true,
      },
    );
  return error;
}

/** What a server says to a DATABASE_URL that is not right: waiting does not help. */
export function connectFailure(error: unknown): unknown {
  const { code } = innermost(error);
  const options = { cause: error };
  if (/^28/.test(code)) return new Failure("config", "The database refuses the user or password of DATABASE_URL. Correct them.", options);
  if (code === "3D000")
    return new Failure(
      "config",
      "The database that DATABASE_URL names does not exist. Create it (`createdb`), or correct the name.",
      options,
    );
  if (code === "42501")
    return new Failure(
      "config",
      "The user of DATABASE_URL may not create tables. Make it the owner of the database, or grant it CREATE on schema public.",
      options,
    );
  return databaseFailure(error);
}

/** The same functions, throwing Failures where the database is the trouble. */
export function guarded<T extends object>(store: T): T {
  const guard =
    (method: (...args: unknown[]) => unknown) =>
    async (...args: unknown[]) => {
      try {
        return await method(...args);
      } catch (error) {
        throw databaseFailure(error);
      }
    };
  return Object.fromEntries(Object.entries(store).map(([name, method]) => [name, guard(method as (...args: unknown[]) => unknown)])) as T;
}
