/** What the system, initdb and the server say when they fail, as a Failure that says what to do. */
import { dirname } from "node:path";
import { Failure } from "../../core/failure.ts";
import { type Account, firstClosed } from "./account.ts";

/** The last words of initdb or the server: for the log, never for a person. */
class LastWords extends Error {
  override readonly name = "LastWords";
}

/** @param words what initdb or the server wrote before it gave up. */
export function programFailure(words: string): Failure {
  const cause = { cause: new LastWords(words.trim().slice(-4000)) };
  if (/No space left on device|Disk quota exceeded|Check free disk space/.test(words))
    return new Failure(
      "storage_full",
      "The disk of the database is full. Free some space, or set MYSPINBOT_DATA to another folder.",
      cause,
    );
  if (/could not look up (effective )?user ID|user does not exist/.test(words))
    return new Failure(
      "config",
      "PostgreSQL needs a user with a name, and this one has only a number. Add it to /etc/passwd, or set DATABASE_URL.",
      cause,
    );
  if (/error while loading shared libraries|Library not loaded|version `GLIBC/.test(words))
    return new Failure(
      "config",
      "The built-in PostgreSQL does not fit this system's libraries. Set DATABASE_URL to a PostgreSQL 16.",
      cause,
    );
  if (/Permission denied/.test(words))
    return new Failure(
      "config",
      "The database's files may not be read by the user that PostgreSQL runs as. Give them back to that user, or set MYSPINBOT_DATA to another folder.",
      cause,
    );
  if (/could not (create|attach to|resize|map) .*shared memory|could not create semaphores|Cannot allocate memory/.test(words))
    return new Failure("database_unavailable", "There is not enough memory for the database. Close something, then start again.", {
      ...cause,
      retryable: true,
    });
  return new Failure(
    "database_unavailable",
    "The built-in PostgreSQL does not start; its own words are in the file `log` beside the database. Or set DATABASE_URL to another one.",
    { ...cause, retryable: true },
  );
}

/** @param folder named in the message, because only the person at this machine reads it. */
export async function embeddedFailure(error: unknown, folder: string, account: Account | undefined): Promise<unknown> {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  // as root, the usual reason why a program fails is a parent folder; its own words differ with what it tried first
  const closed = account && (await firstClosed(dirname(folder), account).catch(() => undefined));
  if (closed && (code === "EACCES" || (error instanceof Failure && error.cause instanceof LastWords && error.code !== "storage_full")))
    return new Failure(
      "config",
      `The database runs as user ${account.name}, who may not pass through ${closed}. Allow it (\`chmod o+x ${closed}\`), or set MYSPINBOT_DATA to another folder.`,
      options,
    );
  if (error instanceof Failure) return error;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "53100")
    return new Failure("storage_full", `The disk of ${folder} is full. Free some space, or set MYSPINBOT_DATA to another folder.`, options);
  if (syscall?.startsWith("spawn"))
    return new Failure(
      "config",
      "The built-in PostgreSQL cannot be run on this system (it is made for glibc, so not for Alpine). Set DATABASE_URL to a PostgreSQL 16.",
      options,
    );
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return new Failure(
      "config",
      `${folder} may not be read or written by this user. Run as the user it belongs to, or set MYSPINBOT_DATA.`,
      options,
    );
  return error;
}
