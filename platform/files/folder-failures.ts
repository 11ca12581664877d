/** What the operating system says about the folder of results, as a Failure that says what to do. */
import { Failure } from "../../core/failure.ts";

const setting = "MYSPINBOT_FILES, else `files` in the data folder";

export function folderFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const options = { cause: error };
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new Failure("storage_full", "The disk that keeps the results is full. Free some space there, then retry the job.", options);
    case "EROFS":
      return new Failure("config", `The folder for results (${setting}) is on a read-only disk. Mount it writable, then retry.`, options);
    case "EACCES":
    case "EPERM":
      return new Failure(
        "config",
        `The folder for results (${setting}) may not be used by this user. Give it to the user that runs MySpinBot, then retry.`,
        options,
      );
    case "ENOTDIR":
    case "EEXIST":
      return new Failure(
        "config",
        `The folder for results (${setting}) is a file, or lies below one. Move that file away, then retry.`,
        options,
      );
    case "EIO":
    case "ESTALE":
    case "ENXIO":
    case "ENODEV":
    case "ETIMEDOUT":
    case "EHOSTDOWN":
    case "EMFILE":
    case "ENFILE":
      return new Failure(
        "storage_unavailable",
        `The disk that keeps the results reports an error (${code}). Check the disk or network mount; the job can be retried.`,
        { ...options, retryable: true },
      );
    default:
      return new Failure(
        "internal",
        "Something unexpected went wrong with the folder of results; the server log has the details.",
        options,
      );
  }
}
