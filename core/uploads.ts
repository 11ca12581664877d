/** Pictures that a person brings: read whole within the limit, looked into, stored, and only then known. */
import type { Readable } from "node:stream";
import type { Artifact } from "./artifact.ts";
import { Failure, toFailure } from "./failure.ts";
import { newId } from "./ids.ts";
import type { Limits } from "./limits.ts";
import type { FileStore } from "./ports/files.ts";
import type { ArtifactStore } from "./ports/job-store.ts";
import type { Media } from "./ports/media.ts";
import type { Principal } from "./principal.ts";

const ending: Record<string, string> = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };

function tooLarge(limits: Limits): Failure {
  return new Failure("limit_exceeded", `The file is larger than ${limits.maxUpload} bytes (MYSPINBOT_MAX_UPLOAD). Send a smaller one.`);
}

/** All bytes of a stream, or Failure `limit_exceeded` as soon as there are too many. */
export async function readAll(body: Readable, limit: number, over: () => Failure): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > limit) {
      body.destroy();
      throw over();
    }
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}

/** A name a person may have given, without what a file system or a header could stumble over. */
export function safeName(name: string, extension: string): string {
  const cleaned = name
    .replace(/^.*[/\\]/, "")
    .replace(/\.[a-z0-9]{1,5}$/i, "")
    .normalize("NFC")
    // half characters, control and direction-changing ones, and what file systems and headers give a meaning to
    .replace(/[\p{Surrogate}\p{Cc}\p{Cf}"<>|:*?/\\]/gu, "")
    .replace(/^\.+/, "")
    .trim();
  // by characters: half of one cannot be written into an address
  const base = [...cleaned].slice(0, 100).join("");
  return `${base || "picture"}.${extension}`;
}

export async function storeUpload(
  parts: { files: FileStore; media: Media; artifacts: ArtifactStore; limits: Limits },
  principal: Principal,
  file: { name: string; body: Readable; bytes?: number },
): Promise<Artifact> {
  if (file.bytes !== undefined && file.bytes > parts.limits.maxUpload) throw tooLarge(parts.limits);
  const bytes = await readAll(file.body, parts.limits.maxUpload, () => tooLarge(parts.limits));
  const picture = await parts.media.inspect(bytes);
  const id = newId("art");
  const extension = ending[picture.mediaType] ?? "bin";
  const storageKey = `uploads/${id}.${extension}`;
  const stored = await parts.files.put(storageKey, bytes, { mediaType: picture.mediaType });
  const artifact: Artifact = {
    id,
    principal: principal.id,
    attempt: 0,
    ordinal: 0,
    name: safeName(file.name, extension),
    mediaType: picture.mediaType,
    bytes: stored.bytes,
    sha256: stored.sha256,
    storageKey,
    width: picture.width,
    height: picture.height,
    createdAt: new Date(),
  };
  try {
    await parts.artifacts.addUpload(artifact);
  } catch (error) {
    // a database that went away may have committed the row: then the file must stay, else the sweep finds it
    if (toFailure(error).code !== "database_unavailable") await parts.files.remove(storageKey).catch(() => undefined);
    throw error;
  }
  return artifact;
}
