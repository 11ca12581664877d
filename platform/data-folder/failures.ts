/** What the operating system says about the data folder, as a Failure that says what to do. */
import { Failure, toFailure } from "../../core/failure.ts";

const elsewhere = "or set MYSPINBOT_DATA to another folder";

/** @param path the data folder: named, because only the person at this machine reads these. */
export function folderFailure(error: unknown, path: string): Failure {
  if (error instanceof Failure) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const say = (text: string) => new Failure("config", text, { cause: error });
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new Failure("storage_full", `The disk of the data folder ${path} is full. Free some space, ${elsewhere}.`, { cause: error });
    case "EROFS":
      return say(`The data folder ${path} is on a read-only disk. Mount it writable, ${elsewhere}.`);
    case "EACCES":
    case "EPERM":
      return say(`The data folder ${path} may not be written by this user. Run as the user it belongs to, ${elsewhere}.`);
    case "ENOTDIR":
    case "EEXIST":
      return say(`The data folder ${path} is a file, or lies below one. Move that file away, ${elsewhere}.`);
    case "ENOENT":
    case "ENAMETOOLONG":
    case "ELOOP":
      return say(`The data folder ${path} cannot be made there (${code}). Correct MYSPINBOT_DATA.`);
    case "EIO":
      return say(`The disk of the data folder ${path} reports errors. Check the disk, ${elsewhere}.`);
    default:
      return toFailure(error);
  }
}
