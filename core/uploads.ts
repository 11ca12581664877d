/** Files that a person brings: known by their content, stored as they come, and only then told of. A picture alone is read whole, to be looked into. */
import { Readable } from "node:stream";
import type { Artifact } from "./artifact.ts";
import { Failure, toFailure } from "./failure.ts";
import { newId } from "./ids.ts";
import { bytesWords, type Limits, pictureLimit } from "./limits.ts";
import type { FileStore, StoredFile } from "./ports/files.ts";
import type { ArtifactStore } from "./ports/job-store.ts";
import type { FileCheck, Media, MediaSource } from "./ports/media.ts";
import type { Principal } from "./principal.ts";

/** Bytes by which a kind is told. */
const headBytes = 512;

export function tooLarge(limits: Limits): Failure {
  return new Failure(
    "limit_exceeded",
    `A file has at most ${bytesWords(limits.maxUpload)} (MYSPINBOT_MAX_UPLOAD). Send a smaller one, or ask whoever runs this server for more.`,
  );
}

function pictureTooLarge(limits: Limits): Failure {
  return new Failure("limit_exceeded", `A picture has at most ${bytesWords(pictureLimit(limits))}. Save it smaller, as JPEG for example.`);
}

/** All bytes of a stream, or Failure `limit_exceeded` as soon as there are too many. */
export async function readAll(body: AsyncIterable<unknown>, limit: number, over: () => Failure): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of within(body, limit, over)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* within(body: AsyncIterable<unknown>, limit: number, over: () => Failure): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const given of body) {
    const chunk = given as Uint8Array;
    bytes += chunk.length;
    if (bytes > limit) throw over();
    yield chunk;
  }
}

/** The first bytes; and all bytes, those among them. */
async function peek(body: Readable): Promise<{ head: Uint8Array; all: AsyncGenerator<Uint8Array> }> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const first: Uint8Array[] = [];
  for (let bytes = 0; bytes < headBytes; ) {
    const { done, value } = await chunks.next();
    if (done) break;
    first.push(value);
    bytes += value.length;
  }
  async function* all() {
    yield* first;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  }
  return { head: Buffer.concat(first).subarray(0, headBytes), all: all() };
}

/** A name a person may have given, without what a file system or a header could stumble over. @param otherwise where nothing is left of it. */
export function safeName(name: string, extension: string, otherwise = "picture"): string {
  const cleaned = name
    .replace(/^.*[/\\]/, "")
    .replace(/\.(safetensors|[a-z0-9]{1,5})$/i, "")
    .normalize("NFC")
    // half characters, control and direction-changing ones, and what file systems and headers give a meaning to
    .replace(/[\p{Surrogate}\p{Cc}\p{Cf}"<>|:*?/\\]/gu, "")
    .replace(/^\.+/, "")
    .trim();
  // by characters: half of one cannot be written into an address
  const base = [...cleaned].slice(0, 100).join("");
  return `${base || otherwise}.${extension}`;
}

type Parts = { files: FileStore; media: Media; artifacts: ArtifactStore; limits: Limits };
type Stored = StoredFile & Pick<Artifact, "storageKey" | "mediaType" | "width" | "height" | "seconds" | "sound"> & { ending: string };

async function storePicture({ files, media, limits }: Parts, id: string, all: AsyncIterable<Uint8Array>): Promise<Stored> {
  const bytes = await readAll(all, pictureLimit(limits), () => pictureTooLarge(limits));
  const { mediaType, width, height } = await media.inspect(bytes);
  const ending = mediaType === "image/jpeg" ? "jpg" : mediaType.slice("image/".length);
  const storageKey = `uploads/${id}.${ending}`;
  return { ...(await files.put(storageKey, bytes, { mediaType })), storageKey, mediaType, width, height, ending };
}

function storedSource(files: FileStore, key: string, bytes: number): MediaSource {
  return {
    bytes,
    async read(from, to) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await files.open(key, { start: from, end: to - 1 })) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    },
  };
}

/** Stored while it is looked through: what turns out to be broken, or too long, leaves nothing. */
async function storePassing(
  { files, media, limits }: Parts,
  id: string,
  all: AsyncIterable<Uint8Array>,
  check: FileCheck,
): Promise<Stored> {
  let found: ReturnType<FileCheck["end"]> | undefined;
  async function* passing() {
    for await (const chunk of within(all, limits.maxUpload, () => tooLarge(limits))) {
      check.feed(chunk);
      yield chunk;
    }
    found = check.end();
  }
  const storageKey = `uploads/${id}`;
  const stored = await files.put(storageKey, Readable.from(passing(), { objectMode: false }));
  try {
    if (!found) throw new Error("the file store did not read to the end");
    return { ...stored, storageKey, ...found, ...(await media.describe(storedSource(files, storageKey, stored.bytes), found.mediaType)) };
  } catch (error) {
    await files.remove(storageKey).catch(() => undefined);
    throw error;
  }
}

export async function storeUpload(
  parts: Parts,
  principal: Principal,
  file: { name: string; body: Readable; bytes?: number },
): Promise<Artifact> {
  try {
    if (file.bytes !== undefined && file.bytes > parts.limits.maxUpload) throw tooLarge(parts.limits);
    const { head, all } = await peek(file.body);
    const kind = parts.media.tell(head, file.name);
    const id = newId("art");
    const { ending, ...stored } = await (kind === "picture" ? storePicture(parts, id, all) : storePassing(parts, id, all, kind));
    const name = safeName(file.name, ending, kind === "picture" ? "picture" : "file");
    const artifact: Artifact = { id, principal: principal.id, attempt: 0, ordinal: 0, name, ...stored, createdAt: new Date() };
    await keep(parts, artifact);
    return artifact;
  } finally {
    file.body.destroy();
  }
}

async function keep({ artifacts, files }: Parts, artifact: Artifact): Promise<void> {
  try {
    await artifacts.addUpload(artifact);
  } catch (error) {
    // a database that went away may have committed the row: then the file must stay, else the sweep finds it
    if (toFailure(error).code !== "database_unavailable") await files.remove(artifact.storageKey).catch(() => undefined);
    throw error;
  }
}
