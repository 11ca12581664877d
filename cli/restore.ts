/** `restore`: brings a studio back, into an empty place or, after a yes, in place of another. */
import { createInterface } from "node:readline/promises";
import { Failure } from "../core/failure.ts";
import type { Backups } from "../core/ports/backup.ts";
import { progressLines, tellAbsent, told } from "./backup.ts";
import { plainLine } from "./plain.ts";

export interface RestoreFlags {
  replace?: boolean;
  yes?: boolean;
}

export interface RestoreOut {
  say(text: string): void;
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  /** Whether somebody is there to be asked. */
  isTTY: boolean;
  /** Where it goes, for people. */
  where: string;
  /** Aborted when the program is to end. */
  signal: AbortSignal;
}

async function mayReplace({ input, output, isTTY, where }: RestoreOut): Promise<boolean> {
  if (!isTTY)
    throw new Failure(
      "approval_required",
      "--replace takes away everything that the studio holds now. Nobody is here to be asked: add --yes if that is meant.",
    );
  const lines = createInterface({ input, output });
  try {
    const answer = await lines.question(`Everything in ${where} is then gone, and the backup is in its place. Type yes to go on: `);
    return answer.trim().toLowerCase() === "yes";
  } finally {
    lines.close();
  }
}

/** @returns the exit code. */
export async function restore(backups: Pick<Backups, "restore">, path: string, flags: RestoreFlags, out: RestoreOut): Promise<number> {
  const { say, signal } = out;
  if (flags.replace && !flags.yes && !(await mayReplace(out))) {
    say("Nothing was changed.");
    return 1;
  }
  const known = await backups.restore(path, { replace: flags.replace ?? false, signal, progress: progressLines(say) });
  say(`Restored ${told(known)} into ${out.where}: the studio of ${known.at}, made by version ${plainLine(known.version)}.`);
  say(
    "Start it as usual: what waited or ran goes on. Access keys that were revoked after that moment are valid again (`myspinbot key list`). Voices whose consent was withdrawn, and files that were deleted, are there again too: remove them again.",
  );
  if (known.damaged.length > 0) {
    say(`${known.damaged.length} files were damaged when the backup was made, and are missing:`);
    tellAbsent(known.damaged, say);
  }
  return 0;
}
