/** The files of one attempt: stored under `jobs/<job>/<attempt>/`, published together or not at all. */
import { extname } from "node:path";
import type { Readable } from "node:stream";
import type { ArtifactDraft, Recipe } from "../core/artifact.ts";
import { Failure } from "../core/failure.ts";
import { newId } from "../core/ids.ts";
import type { FileStore } from "../core/ports/files.ts";
import type { Media } from "../core/ports/media.ts";
import { readAll } from "../core/uploads.ts";

const pictures = new Set(["image/png", "image/jpeg", "image/webp"]);

/** A picture larger than this is no picture of ours: 64 megapixels of noise are 256 MB. */
const maxPicture = 500_000_000;

export interface ResultFile {
  name: string;
  mediaType: string;
  body: Readable | Uint8Array;
  recipe: Recipe;
}

export interface Results {
  readonly drafts: readonly ArtifactDraft[];
  save(file: ResultFile, signal: AbortSignal): Promise<void>;
  /** What will be published under this name. Failure `internal` for one that was not saved. */
  of(name: string): ArtifactDraft;
  /** Whether anything was handed over yet, be it stored or not. */
  readonly begun: boolean;
  /** Removes what was stored; best effort, the sweep takes what is left. */
  discard(): Promise<void>;
}

export function createResults(parts: { files: FileStore; media: Media }, job: string, attempt: number): Results {
  const drafts: ArtifactDraft[] = [];
  const stored: string[] = [];
  const names = new Set<string>();

  const uniqueName = (name: string): string => {
    const ending = extname(name);
    const base = name.slice(0, name.length - ending.length);
    for (let count = 1; ; count++) {
      const candidate = count === 1 ? name : `${base}-${count}${ending}`;
      if (names.has(candidate)) continue;
      names.add(candidate);
      return candidate;
    }
  };

  return {
    drafts,
    async save({ name, mediaType, body, recipe }, signal) {
      const ordinal = stored.length;
      const ending = extname(name)
        .toLowerCase()
        .replace(/[^.a-z0-9]/g, "");
      const storageKey = `jobs/${job}/${attempt}/${ordinal}${ending}`;
      stored.push(storageKey);
      const put = (content: Readable | Uint8Array, type: string) => parts.files.put(storageKey, content, { mediaType: type, signal });
      const draft = { id: newId("art"), ordinal, name: uniqueName(name), storageKey, recipe };
      if (!pictures.has(mediaType)) {
        drafts.push({ ...draft, mediaType, ...(await put(body, mediaType)) });
        return;
      }
      const picture = body instanceof Uint8Array ? body : await readAll(body, maxPicture, tooLarge);
      const store = async (type: string) => put(await parts.media.stamp(picture, type, recipe), type);
      // looked at while it is stored; both are waited for, so that nothing is written behind a `discard`
      const [found, first] = await Promise.allSettled([parts.media.inspect(picture), store(mediaType)]);
      if (found.status === "rejected") throw found.reason;
      const { mediaType: type, width, height } = found.value;
      if (first.status === "rejected" && type === mediaType) throw first.reason;
      const file = first.status === "fulfilled" && type === mediaType ? first.value : await store(type);
      drafts.push({ ...draft, mediaType: type, width, height, ...file });
    },
    of(name) {
      const draft = drafts.find((entry) => entry.name === name);
      if (!draft) throw new Failure("internal", `No file ${name} was saved. Report it.`);
      return draft;
    },
    get begun() {
      return stored.length > 0;
    },
    async discard() {
      await Promise.all(stored.map((key) => parts.files.remove(key).catch(() => undefined)));
    },
  };
}

function tooLarge(): Failure {
  return new Failure("engine_failed", `The engine returned a picture of more than ${maxPicture} bytes. Ask for a smaller one.`);
}
