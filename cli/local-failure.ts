/** What went wrong with a file or folder of the person's own, in words that name it. */
import { Failure, toFailure } from "../core/failure.ts";

export function localFailure(error: unknown, path: string): Failure {
  if (error instanceof Failure) return error;
  switch ((error as NodeJS.ErrnoException | null)?.code) {
    case "ENOSPC":
    case "EDQUOT":
      return new Failure("storage_full", `The disk of ${path} is full. Free some space, or choose another folder with --out.`, {
        cause: error,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Failure("config", `${path} may not be written or read. Choose another file, or another folder with --out.`, {
        cause: error,
      });
    case "ENOENT":
      return new Failure("invalid_input", `${path} does not exist. Check the path.`, { cause: error });
    case "EEXIST":
    case "ENOTDIR":
      return new Failure("config", `${path} is no folder. Choose another one with --out.`, { cause: error });
    case "EISDIR":
      return new Failure("invalid_input", `${path} is a folder; attach files one by one.`, { cause: error });
    default:
      return toFailure(error);
  }
}
