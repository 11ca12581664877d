/** Folders of this machine that containers work in: there, of the right kind, and open to the user that the container runs as. */
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { StatusRow } from "../../../core/client.ts";
import { type Bind, looksLikeFile } from "../model.ts";
import { fine, stop, warn } from "./rows.ts";

export interface MountFact extends Bind {
  kind: "file" | "folder" | "absent" | "closed";
  mode: number;
  owner: number;
  group: number;
}

export async function lookAtMount(bind: Bind, folder: string): Promise<MountFact> {
  const { source } = bind;
  const path = source.startsWith("~") ? join(homedir(), source.slice(1)) : isAbsolute(source) ? source : join(folder, source);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error.code ?? "");
  if (typeof found === "string") return { ...bind, kind: found === "EACCES" ? "closed" : "absent", mode: 0, owner: -1, group: -1 };
  return { ...bind, kind: found.isDirectory() ? "folder" : "file", mode: found.mode & 0o777, owner: found.uid, group: found.gid };
}

const part = "Folders";
/** Whether a user without a group of its own there may. @param bits 4 reads, 2 writes, 1 passes. */
function may({ mode, owner, uid }: MountFact, bits: number): boolean {
  if (uid === undefined || uid === 0) return true;
  return ((owner === uid ? mode >> 6 : mode) & bits) === bits;
}

export function mountRows(facts: readonly MountFact[]): StatusRow[] {
  const rows = facts.flatMap((fact) => {
    const { service, source, target, kind, readOnly, uid } = fact;
    const file = looksLikeFile(target);
    if (kind === "absent" && file)
      return [
        stop(
          part,
          `${source} (${service}) is not there: the engine would make a folder of that name`,
          "Put it back: git status names what is missing",
        ),
      ];
    if (kind === "absent")
      // what a machine's own folders lack is nobody's mistake
      return readOnly && isAbsolute(source)
        ? []
        : [
            warn(
              part,
              `${source} (${service}) is not there: the engine would make it as root's`,
              `npm run compose:init makes those below compose; else mkdir -p it as yourself${readOnly || uid === undefined ? "" : `, and sudo chown ${uid} it`}`,
            ),
          ];
    if (kind === "closed") return [warn(part, `${source} (${service}) cannot be looked at by you`, "Look at it with sudo ls -ld")];
    if (file && kind === "folder")
      return [
        stop(
          part,
          `${source} (${service}) is a folder, and a file is meant`,
          "Remove the folder (the engine made it), and put the file there",
        ),
      ];
    if (!may(fact, kind === "folder" ? 5 : 4))
      return [
        stop(
          part,
          `${source}: user ${uid} of ${service} may not read it (mode ${fact.mode.toString(8)}, owner ${fact.owner})`,
          `chmod o+r${kind === "folder" ? "x" : ""} ${source}, or sudo chown -R ${uid} ${source}`,
        ),
      ];
    if (!readOnly && kind === "folder" && !may(fact, 7))
      return [
        stop(
          part,
          `${source}: user ${uid} of ${service} may not write into it (mode ${fact.mode.toString(8)}, owner ${fact.owner})`,
          `sudo chown -R ${uid} ${source}`,
        ),
      ];
    return [];
  });
  return rows.length > 0 || facts.length === 0
    ? rows
    : [fine(part, `${facts.length} of this machine are there and open to their containers`)];
}
