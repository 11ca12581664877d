/** Reads a whole backup and believes nothing of it that its hashes do not bear out. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { extract, type Header } from "tar-stream";
import { Failure } from "../../core/failure.ts";
import { checkKey } from "../files/keys.ts";
import { folderFailure } from "./failures.ts";
import { fileEntry, format, knownTables, type Manifest, manifestName, manifestSchema, sealName, tableEntry } from "./format.ts";
import { endBytes, linesIn, padding, type Written } from "./tar-writer.ts";

/** Where the content of an entry lies in the file. */
export interface Place extends Written {
  offset: number;
}

export interface Verified {
  path: string;
  manifest: Manifest;
  /** By entry name. */
  places: ReadonlyMap<string, Place>;
  /** Of the whole file. */
  bytes: number;
}

/** A million files need about a quarter of it. */
const largestManifest = 512 << 20;

/** Failure with the reason and what is left to do. */
export function notUsable(why: string, cause?: unknown): Failure {
  return new Failure("invalid_input", `This backup cannot be used: ${why}. Nothing was changed. Take another one of your backups.`, {
    cause,
  });
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 100));

function checkName(name: string, type: unknown): void {
  if (type !== "file") throw notUsable(`it holds ${shown(name)}, which is no plain file (a link or folder does not belong in it)`);
  if (name === manifestName || name === sealName) return;
  const known = knownTables.some((table) => tableEntry(table) === name);
  if (!known && name.startsWith("tables/")) throw notUsable(`it holds a table that this version does not know, ${shown(name)}`);
  if (known) return;
  try {
    if (!name.startsWith("files/")) throw new Error("not ours");
    checkKey(name.slice("files/".length));
  } catch (error) {
    throw notUsable(`it holds a name that no backup of MySpinBot has, ${shown(name)}`, error);
  }
}

interface Entry extends AsyncIterable<Uint8Array> {
  /** `byteOffset`: where its content begins. */
  readonly header: Header & { byteOffset?: number };
}

async function readEntry(entry: Entry, keep: boolean, onBytes: (bytes: number) => void): Promise<Written & { text: string }> {
  const hash = createHash("sha256");
  const kept: Uint8Array[] = [];
  let [bytes, lines] = [0, 0];
  for await (const chunk of entry) {
    hash.update(chunk);
    bytes += chunk.length;
    lines += linesIn(chunk);
    if (keep) kept.push(chunk);
    if (keep && bytes > largestManifest) throw notUsable("its manifest is far too large");
    onBytes(chunk.length);
  }
  return { bytes, lines, sha256: hash.digest("hex"), text: Buffer.concat(kept).toString("utf8") };
}

interface Scanned {
  places: Map<string, Place>;
  /** Content of the manifest and its seal. */
  texts: Map<string, string>;
  /** Where the last entry ends. */
  end: number;
}

interface Run {
  signal?: AbortSignal;
  progress?: (done: { bytes: number; of: number }) => void;
}

async function scan(path: string, onBytes: (bytes: number) => void): Promise<Scanned> {
  const scanned: Scanned = { places: new Map(), texts: new Map(), end: 0 };
  const tar = extract();
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  source.on("error", (error) => tar.destroy(error));
  source.pipe(tar as unknown as Writable);
  try {
    for await (const entry of tar as AsyncIterable<Entry>) {
      const { name, type, byteOffset = 0 } = entry.header;
      checkName(name, type);
      if (scanned.places.has(name)) throw notUsable(`it holds ${shown(name)} twice`);
      const isText = name === manifestName || name === sealName;
      const { text, ...read } = await readEntry(entry, isText, onBytes);
      scanned.places.set(name, { ...read, offset: byteOffset });
      if (isText) scanned.texts.set(name, text);
      scanned.end = byteOffset + read.bytes + padding(read.bytes);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const named = folderFailure(error, path);
    if (named instanceof Failure) throw named;
    throw notUsable("it is cut off or damaged, or was never a backup of MySpinBot", error);
  } finally {
    source.destroy();
    tar.destroy();
  }
  return scanned;
}

function readManifest({ places, texts }: Scanned): Manifest {
  const [text, seal] = [texts.get(manifestName), texts.get(sealName)];
  if (text === undefined || seal === undefined)
    throw notUsable("it is cut off, or was never a backup of MySpinBot (its manifest is missing)");
  if (seal.trim() !== places.get(manifestName)?.sha256) throw notUsable("its manifest was changed");
  let given: { format?: unknown; version?: unknown };
  try {
    given = JSON.parse(text) as typeof given;
  } catch (error) {
    throw notUsable("its manifest is no JSON", error);
  }
  if (typeof given?.format === "number" && given.format > format)
    throw new Failure(
      "config",
      `This backup was made by a newer version of MySpinBot (${shown(String(given.version))}), in format ${given.format}; this one reads up to ${format}. Nothing was changed. Use that version, or a newer one.`,
    );
  const manifest = manifestSchema.safeParse(given);
  if (!manifest.success) throw notUsable(`its manifest does not fit (${manifest.error.issues[0]?.path.join(".")})`, manifest.error);
  return manifest.data;
}

function compare({ tables, files }: Manifest, places: ReadonlyMap<string, Place>): void {
  const expected = new Set([manifestName, sealName]);
  const look = (name: string, { bytes, sha256 }: Pick<Place, "bytes" | "sha256">): Place => {
    if (expected.has(name)) throw notUsable(`its manifest names ${shown(name)} twice`);
    expected.add(name);
    const place = places.get(name);
    if (!place) throw notUsable(`${shown(name)} is missing in it`);
    if (place.bytes !== bytes || place.sha256 !== sha256) throw notUsable(`${shown(name)} was changed or damaged after it was made`);
    return place;
  };
  for (const { name, rows, ...table } of tables) {
    if (!knownTables.includes(name)) throw notUsable(`its manifest names a table that this version does not know, ${shown(name)}`);
    const { lines } = look(tableEntry(name), table);
    if (lines !== rows) throw notUsable(`its manifest counts ${rows} rows of ${shown(name)}, and there are ${lines}`);
  }
  for (const { key, ...file } of files) look(fileEntry(key), file);
  for (const name of places.keys()) if (!expected.has(name)) throw notUsable(`it holds ${shown(name)}, which its manifest does not name`);
}

/** Writes nothing. Failures: `invalid_input` for what is not a whole backup of ours, `config` for one of a newer format, and what the disk says. */
export async function verifyBackup(path: string, { signal, progress }: Run = {}): Promise<Verified> {
  const found = await lstat(path).catch((error: unknown) => {
    throw folderFailure(error, path);
  });
  if (!found.isFile())
    throw new Failure("invalid_input", `${path} is not a file. Name a backup, such as myspinbot-backups/myspinbot-….tar.`);
  let read = 0;
  const scanned = await scan(path, (bytes) => {
    if (signal?.aborted)
      throw new Failure("canceled", "The backup was not looked through to its end: it was interrupted. Nothing was changed.");
    read += bytes;
    progress?.({ bytes: read, of: found.size });
  });
  const manifest = readManifest(scanned);
  compare(manifest, scanned.places);
  if (found.size !== scanned.end + endBytes) throw notUsable("there is something behind its end, or its end is missing");
  return { path, manifest, places: scanned.places, bytes: found.size };
}
