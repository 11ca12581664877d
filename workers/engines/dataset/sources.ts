/** Everything that was brought, in the order of the request: pictures by themselves, and those in archives. */
import { addAbortSignal } from "node:stream";
import type { Artifact } from "../../../core/artifact.ts";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import { readAll } from "../../../core/uploads.ts";
import { type Archive, openArchive } from "./archive.ts";
import type { Brought } from "./brought.ts";
import { NotUsable } from "./left-out.ts";
import { maxPictureBytes } from "./limits.ts";
import { shownName } from "./names.ts";

export const zipType = "application/zip";
const taken = new Set(["image/png", "image/jpeg", "image/webp", zipType]);

/** Failure `unsupported_media` for anything but pictures and archives. */
export function checkType({ name, mediaType }: Artifact): void {
  if (!taken.has(mediaType))
    throw new Failure(
      "unsupported_media",
      `${shownName(name)} is ${mediaType}. Photos are taken as PNG, JPEG or WebP, or as a ZIP archive of them. Leave it out, or convert it.`,
    );
}

export interface Sources {
  pictures: Brought[];
  /** What archives had in them besides pictures, one line each. */
  passedOver: string[];
  close(): void;
}

async function readPicture(run: Run, id: string, signal: AbortSignal): Promise<Uint8Array> {
  const { body } = await run.open(id);
  addAbortSignal(signal, body);
  return readAll(body, maxPictureBytes, () => new NotUsable("bytes"));
}

/** @param scratch folder in which archives lie, nameless, while they are read. */
export async function openSources(ids: readonly string[], run: Run, scratch: string): Promise<Sources> {
  const archives: Archive[] = [];
  const sources: Sources = {
    pictures: [],
    passedOver: [],
    close() {
      for (const archive of archives) archive.close();
    },
  };
  try {
    for (const id of ids) {
      run.signal.throwIfAborted();
      const { artifact, body } = await run.open(id);
      checkType(artifact);
      const name = shownName(artifact.name);
      if (artifact.mediaType !== zipType) {
        body.destroy();
        sources.pictures.push({ name, source: id, read: (signal) => readPicture(run, id, signal) });
        continue;
      }
      const archive = await openArchive(artifact, body, scratch, run.signal);
      archives.push(archive);
      sources.pictures.push(...archive.pictures);
      if (archive.others > 0)
        sources.passedOver.push(`${name} has ${archive.others} other ${archive.others === 1 ? "file" : "files"} in it: passed over.`);
    }
    return sources;
  } catch (error) {
    sources.close();
    throw error;
  }
}
