/** Other images than those that the data were last used with: what a start would do to the data, and what has to be done before. */
import type { StatusRow } from "../../core/client.ts";
import { dc } from "./secrets.ts";

/** `[16, 4]` of `postgres:16.4-alpine`, `[2025, 9, 7]` of a MinIO release; empty where none is written. */
export function versionOf(image: string): number[] {
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1] ?? "";
  return (/\d+(?:[.-]\d+)*/.exec(tag)?.[0] ?? "").split(/[.-]/).filter(Boolean).map(Number);
}

function order(a: number[], b: number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference) return difference;
  }
  return 0;
}

const bare = (image: string) => image.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
/** Without the digest, which says nothing to a person. */
const plain = (image: string) => image.replace(/@.*$/, "");
/** PostgreSQL reads no folder of another major version. */
const majorChange = (from: string, to: string) => /(^|\/)postgres(ql)?$/.test(bare(to)) && versionOf(from)[0] !== versionOf(to)[0];

export interface Images {
  /** Service → image in the files now, and as it was. */
  now: Record<string, string>;
  before: Record<string, string>;
  /** Whether the database has a volume; undefined where nobody can tell. */
  volume: boolean | undefined;
}

const part = "Upgrade";
const backUp = `${dc} run --rm backup backup /backups`;

export function upgradeRows({ now, before, volume }: Images): StatusRow[] {
  const changed = Object.entries(now).flatMap(([service, to]) => {
    const from = before[service];
    return from === undefined || from === to ? [] : [{ service, from, to }];
  });
  const blocked = volume === false ? [] : changed.filter(({ from, to }) => majorChange(from, to));
  const rest = changed.filter((one) => !blocked.includes(one));
  const older = rest.filter(({ from, to }) => bare(from) === bare(to) && order(versionOf(to), versionOf(from)) < 0);
  const newer = rest.filter((one) => !older.includes(one));
  const words = (list: typeof changed) =>
    list
      .map(({ service, from, to }) => `${service} ${plain(from)} → ${plain(from) === plain(to) ? "another build of it" : plain(to)}`)
      .join(", ");
  const rows = blocked.map(
    ({ service, from, to }): StatusRow => ({
      ...{
        part,
        state: "down",
        what: `${service} goes from ${plain(from)} to ${plain(to)}, and PostgreSQL ${versionOf(to)[0]} does not read a folder of ${versionOf(from)[0]}`,
      },
      fix: `Go back to the files that name ${plain(from)} and start them; ${backUp}; ${dc} down; docker volume rm the volume of ${service}; then the new files: npm run compose:init, up, and restore (docs/backup.md)`,
    }),
  );
  if (older.length > 0)
    rows.push({
      ...{ part, state: "info", what: `older than what the data were last used with: ${words(older)}` },
      fix: "An older program may not read newer data: restore a backup of that time, or go on with the newer files",
    });
  if (newer.length > 0)
    rows.push({
      ...{ part, state: "info", what: `the next start changes ${words(newer)}` },
      fix: `A backup first: ${backUp}; then npm run compose:init (it notes the new versions), and up`,
    });
  return rows;
}

/** What is known of the data after it was decided to go on: all, but a change that the data do not survive. */
export function settledImages({ now, before, volume }: Images): Record<string, string> {
  const kept = Object.entries(before).filter(([service, from]) => volume !== false && majorChange(from, now[service] ?? from));
  return { ...before, ...now, ...Object.fromEntries(kept) };
}
