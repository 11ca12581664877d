/** Fetches what a person picked: each file once, by the hash that is known, given, or was learned at the first download. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { folders, type Model, type ModelFile, models } from "./catalogue.ts";
import { type DownloadOptions, download, sha256Of } from "./download.ts";
import { refuseName } from "./format.ts";
import { readLock, writeLock } from "./lock.ts";

export interface GetOptions extends Omit<DownloadOptions, "progress"> {
  folder: string;
  /** The person has said yes to the terms of what they picked. */
  accept: boolean;
  say: (line: string) => void;
  progress?: (name: string, done: number, total: number | undefined) => void;
}

export function modelNamed(id: string, all: readonly Model[] = models): Model {
  const found = all.find((model) => model.id === id);
  if (!found) throw new Failure("unknown_model", `There is no model "${id}". There are: ${all.map((model) => model.id).join(", ")}.`);
  return found;
}

/** A file that the catalogue does not know, from an address. */
export function fileAt(address: string, into: string | undefined, as: string | undefined, sha256: string | undefined): ModelFile {
  if (!URL.canParse(address)) throw new Failure("invalid_input", `"${address}" is neither a model's name nor an address.`);
  if (into === undefined || !(folders as readonly string[]).includes(into))
    throw new Failure("invalid_input", `Say by --into where it belongs, one of: ${folders.join(", ")}.`);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw new Failure("invalid_input", "--sha256 takes 64 hex digits.");
  const name = as ?? decodeURIComponent(basename(new URL(address).pathname));
  refuseName(name);
  return { folder: into, name, url: address, ...(sha256 ? { sha256: sha256.toLowerCase() } : {}) };
}

export const pathOf = ({ folder, name }: ModelFile) => `${folder}/${name}`;

/** The line that fetches these. */
export const getLine = (picked: readonly Model[]): string =>
  `npm run models -- get ${picked.map(({ id }) => id).join(" ")}${picked.some(({ terms }) => terms) ? " --accept" : ""}`;

/** Failure `consent_required` with the terms, where some need a yes. @param line what to run once they are read. */
export function refuseUnread(picked: readonly Model[], accept: boolean, line: string = getLine(picked)): void {
  const open = picked.filter((model) => model.terms);
  if (accept || open.length === 0) return;
  const lines = open.map((model) => `  ${model.title}, ${model.licence}: ${model.terms}`);
  throw new Failure(
    "consent_required",
    `Nothing was fetched: these have terms. Read them, then say yes by --accept:\n${lines.join("\n")}\n${line}`,
  );
}

async function getFile(file: ModelFile, given: boolean, options: GetOptions): Promise<void> {
  const { folder, say, progress, reserve, token, stallMs } = options;
  refuseName(file.name);
  const path = pathOf(file);
  const target = join(folder, path);
  const locked = (await readLock(folder))[path];
  const expected = file.sha256 ?? locked?.sha256;
  if (existsSync(target)) {
    say(`  ${path}: is there`);
    return;
  }
  const isSource = token !== undefined && new URL(file.url).hostname === "huggingface.co";
  const { sha256, bytes } = await download(
    {
      url: file.url,
      path: target,
      name: file.name,
      ...(file.bytes ? { bytes: file.bytes } : {}),
      ...(expected ? { sha256: expected } : {}),
    },
    {
      reserve,
      ...(isSource ? { token } : {}),
      ...(stallMs ? { stallMs } : {}),
      ...(progress ? { progress: (done, total) => progress(file.name, done, total) } : {}),
    },
  );
  const how = file.sha256 ? (given ? "given" : "known") : (locked?.how ?? "first");
  await writeLock(folder, path, { sha256, bytes, url: file.url, at: new Date().toISOString(), how });
  const words = {
    known: "its SHA-256 is the known one",
    given: "its SHA-256 is the one that you gave",
    first: `nobody vouches for its SHA-256, ${sha256}; it is kept in models.lock.json, and compared from now on`,
  };
  say(`  ${path}: ${(bytes / 1e9).toFixed(2)} GB, ${locked && !file.sha256 ? "its SHA-256 is that of the first download" : words[how]}`);
}

export async function getModels(picked: readonly Model[], options: GetOptions): Promise<void> {
  refuseUnread(picked, options.accept);
  for (const model of picked) {
    options.say(`${model.title} (${model.licence})`);
    for (const file of model.files) await getFile(file, false, options);
    if (model.beside) options.say(`  also needed: ${model.beside}`);
  }
}

export const getAddress = (file: ModelFile, options: GetOptions) => getFile(file, true, options);

/** Every file of the lock and of the catalogue that is here, hashed anew. @returns paths of those that are not what they were. */
export async function checkFolder(folder: string, say: (line: string) => void): Promise<string[]> {
  const known = new Map(models.flatMap((model) => model.files.map((file) => [pathOf(file), file.sha256] as const)));
  const lock = await readLock(folder);
  const bad: string[] = [];
  for (const path of [...new Set([...known.keys(), ...Object.keys(lock)])].sort()) {
    const present = await stat(join(folder, path)).then(
      () => true,
      () => false,
    );
    if (!present) continue;
    const expected = known.get(path) ?? lock[path]?.sha256;
    const found = await sha256Of(join(folder, path));
    if (expected !== undefined && found !== expected) bad.push(path);
    say(
      `  ${path}: ${expected === undefined ? `SHA-256 ${found}, known to nobody` : found === expected ? "unchanged" : `IS NOT WHAT IT WAS: SHA-256 ${found}, expected ${expected}`}`,
    );
  }
  return bad;
}
