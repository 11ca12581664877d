/** What the operating system says about the place of backups, as a Failure that says what to do. */
import { Failure } from "../../core/failure.ts";

/** @param path as the person gave it: only they read this. Anything else passes through. */
export function folderFailure(error: unknown, path: string): unknown {
  if (error instanceof Failure) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const say = (text: string) => new Failure("config", text, { cause: error });
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new Failure(
        "storage_full",
        `The disk of ${path} is full, or takes no file as large. What was begun was removed. Free some space, or name a folder on another disk.`,
        { cause: error },
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return say(`${path} may not be used by this user, or is on a read-only disk. Name a folder that this user may write.`);
    case "ENOTDIR":
    case "EEXIST":
      return say(`${path} is a file, or lies below one. Name a folder.`);
    case "ENOENT":
    case "ENAMETOOLONG":
    case "ELOOP":
      return say(`${path} is not there, or cannot be made there (${code}). Correct the path.`);
    case "EIO":
    case "ESTALE":
    case "ENXIO":
      return new Failure(
        "storage_unavailable",
        `The disk of ${path} reports errors (${code}). Check it, or name a folder on another disk.`,
        {
          cause: error,
          retryable: true,
        },
      );
    default:
      return error;
  }
}
