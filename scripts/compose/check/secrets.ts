/** The secrets' files: there, strong, of one piece with each other, and open to nobody but the person and the containers. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { StatusRow } from "../../../core/client.ts";
import type { Run } from "../run.ts";
import { derived, made, weakness } from "../secrets.ts";
import type { State } from "../state.ts";
import { textOf } from "../write.ts";
import { fine, stop, warn } from "./rows.ts";

export interface SecretFile {
  kind: "file" | "folder" | "absent" | "closed";
  /** Permission bits. */
  mode: number;
  text?: string;
}

export interface SecretFacts {
  /** Permission bits of the folder; undefined where there is none. */
  folderMode?: number;
  files: Record<string, SecretFile>;
  /** Files of ours that git keeps. */
  tracked: string[];
}

async function lookAt(path: string): Promise<SecretFile> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error.code ?? "");
  if (typeof found === "string") return { kind: found === "EACCES" ? "closed" : "absent", mode: 0 };
  const mode = found.mode & 0o777;
  if (!found.isFile()) return { kind: "folder", mode };
  const text = await textOf(path).catch(() => null);
  return text === null ? { kind: "closed", mode } : { kind: "file", mode, ...(text === undefined ? {} : { text }) };
}

export async function lookAtSecrets(folder: string, names: readonly string[], run: Run): Promise<SecretFacts> {
  const at = join(folder, "secrets");
  const found = await stat(at).catch(() => undefined);
  const files = await Promise.all(names.map(async (name) => [name, await lookAt(join(at, name))] as const));
  const git = await run("git", ["-C", folder, "ls-files", "--", "secrets", ".env", ".state"]);
  return {
    ...(found ? { folderMode: found.mode & 0o777 } : {}),
    files: Object.fromEntries(files),
    tracked: git.code === 0 ? git.stdout.split("\n").filter((name) => name && name !== "secrets/.gitignore") : [],
  };
}

const part = "Secrets";
const mark = (names: readonly string[]) => names.map((name) => `compose/secrets/${name}`).join(", ");
const init = "npm run compose:init";

function missingRows(missing: readonly string[], all: readonly string[], state: State): StatusRow[] {
  if (missing.length === 0) return [];
  // an address without the password that is in it: the stores are another machine's
  const elsewhere = derived.some(({ name, from }) => all.includes(name) && !all.includes(from));
  if (elsewhere)
    return [
      stop(
        part,
        `missing: ${mark(missing)}`,
        "Copy them from compose/secrets of the first machine; a key of this machine's own: openssl rand -hex 24",
      ),
    ];
  if (missing.length === all.length) return [stop(part, "none has been made yet", init)];
  // a first run that ended in the middle, files that somebody lost, or a newer version that has one more
  const lost = missing.filter((name) => state.made[name] !== undefined);
  if (lost.length > 0)
    return [
      stop(
        part,
        `missing: ${mark(missing)}; made at ${state.made[lost[0] ?? ""]}`,
        `Put them back from your backup, or ${init}: it makes what can be made anew, and says what cannot`,
      ),
    ];
  if (Object.keys(state.made).length > 0) return [stop(part, `new in this version, and not made yet: ${mark(missing)}`, init)];
  return [
    stop(
      part,
      `the first start is half finished: ${all.length - missing.length} of ${all.length} secrets are there, ${mark(missing)} missing`,
      `${init} goes on with it`,
    ),
  ];
}

export function secretRows({ folderMode, files, tracked }: SecretFacts, state: State): StatusRow[] {
  const named = (kind: SecretFile["kind"]) => Object.entries(files).flatMap(([name, file]) => (file.kind === kind ? [name] : []));
  const empty = named("file").filter((name) => files[name]?.text === undefined);
  const names = Object.keys(files);
  const rows = missingRows([...named("absent"), ...empty], names, state);
  if (named("folder").length > 0)
    rows.push(
      stop(
        part,
        `a folder in place of a file: ${mark(named("folder"))}; the engine made it, as there was none at a start`,
        `Remove it (sudo rmdir), then ${init}`,
      ),
    );
  if (named("closed").length > 0)
    rows.push(
      stop(part, `cannot be read by you: ${mark(named("closed"))}`, "sudo chown -R $USER compose/secrets; chmod 700 compose/secrets"),
    );
  if (folderMode !== undefined && folderMode & 0o077)
    rows.push(stop(part, `compose/secrets can be opened by others (mode ${folderMode.toString(8)})`, "chmod 700 compose/secrets"));
  const shut = named("file").filter((name) => ((files[name]?.mode ?? 0) & 0o004) === 0);
  if (shut.length > 0)
    rows.push(
      stop(
        part,
        `a container's user cannot read ${mark(shut)} (mode ${files[shut[0] ?? ""]?.mode.toString(8)})`,
        "chmod 444 compose/secrets/*; the folder keeps others out",
      ),
    );
  const loose = named("file").filter((name) => (files[name]?.mode ?? 0) & 0o022);
  if (loose.length > 0) rows.push(warn(part, `others may write ${mark(loose)}`, "chmod 444 compose/secrets/*"));
  rows.push(...weakRows(files), ...fitRows(files));
  if (tracked.length > 0)
    rows.push(
      stop(
        part,
        `git keeps ${tracked.map((name) => `compose/${name}`).join(", ")}: whoever gets the repository has them`,
        "git rm --cached them, then npm run compose:init -- --rotate each of them",
      ),
    );
  return rows.length > 0 ? rows : [fine(part, `${names.length} files, strong, and open to you alone`)];
}

function weakRows(files: SecretFacts["files"]): StatusRow[] {
  const seen = new Map<string, string>();
  return made.flatMap(({ name, bytes }) => {
    const text = files[name]?.text;
    if (text === undefined) return [];
    const fix = `npm run compose:init -- --rotate ${name}`;
    const weak = weakness(text, Math.min(bytes * 2, 32));
    const twin = seen.get(text);
    seen.set(text, name);
    if (weak) return [stop(part, `${mark([name])} is weak: it ${weak}`, fix)];
    return twin ? [stop(part, `${mark([name])} is the same as ${twin}: who has one has both`, fix)] : [];
  });
}

function fitRows(files: SecretFacts["files"]): StatusRow[] {
  return derived.flatMap(({ name, from, holds }) => {
    const [text, secret] = [files[name]?.text, files[from]?.text];
    if (text === undefined || secret === undefined || holds(text) === secret) return [];
    return [
      stop(
        part,
        `${mark([name])} does not hold what ${mark([from])} is: one of them was changed alone`,
        `rm compose/secrets/${name}, then ${init}: it is made from ${from} again`,
      ),
    ];
  });
}
