/** The files of one attempt: stored under `jobs/<job>/<attempt>/`, published together or not at all. */
import { extname } from "node:path";
import type { Readable } from "node:stream";
import type { ArtifactDraft, Recipe } from "../core/artifact.ts";
import { Failure } from "../core/failure.ts";
import { newId } from "../core/ids.ts";
import { kindWords } from "../core/kinds.ts";
import type { FileStore } from "../core/ports/files.ts";
import type { Media, MediaSource } from "../core/ports/media.ts";
import { readAll } from "../core/uploads.ts";

/** A file that carries its recipe is held in memory: 64 megapixels of noise are 256 MB, and so are minutes of video in high quality. */
const maxBytes = 500_000_000;

export interface ResultFile {
  name: string;
  mediaType: string;
  body: Readable | Uint8Array;
  recipe: Recipe;
  /** A JPEG that stands for a video. */
  poster?: Uint8Array;
}

export interface Results {
  /** In the order in which they were saved; a poster after its video. */
  readonly drafts: readonly ArtifactDraft[];
  /** Failure `engine_failed` for a picture, sound or video that is not what it says, or is not whole. */
  save(file: ResultFile, signal: AbortSignal): Promise<void>;
  /** What will be published under this name. Failure `internal` for one that was not saved. */
  of(name: string): ArtifactDraft;
  /** Whether anything was handed over yet, be it stored or not. */
  readonly begun: boolean;
  /** Removes what was stored; best effort, the sweep takes what is left. */
  discard(): Promise<void>;
}

/** What a file is known by before it is stored. */
type Spot = Pick<ArtifactDraft, "id" | "ordinal" | "name" | "storageKey">;

export function createResults(parts: { files: FileStore; media: Media }, job: string, attempt: number): Results {
  const { files, media } = parts;
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

  const reserve = (name: string): Spot => {
    const ordinal = stored.length;
    const ending = extname(name)
      .toLowerCase()
      .replace(/[^.a-z0-9]/g, "");
    const storageKey = `jobs/${job}/${attempt}/${ordinal}${ending}`;
    stored.push(storageKey);
    return { id: newId("art"), ordinal, name: uniqueName(name), storageKey };
  };

  async function storePicture(picture: Uint8Array, { mediaType, recipe }: ResultFile, put: Put): Promise<Known> {
    const store = async (type: string) => put(await media.stamp(picture, type, recipe), type);
    // looked at while it is stored; both are waited for, so that nothing is written behind a `discard`
    const [found, first] = await Promise.allSettled([media.inspect(picture), store(mediaType)]);
    if (found.status === "rejected") throw found.reason;
    const { mediaType: type, width, height } = found.value;
    if (first.status === "rejected" && type === mediaType) throw first.reason;
    const file = first.status === "fulfilled" && type === mediaType ? first.value : await store(type);
    return { mediaType: type, width, height, ...file };
  }

  async function storePlayable(bytes: Uint8Array, { name, mediaType, recipe }: ResultFile, put: Put): Promise<Known> {
    const check = media.tell(bytes.subarray(0, 512), name);
    if (check === "picture") throw new Failure("unsupported_media", "It is a picture.");
    check.feed(bytes);
    const { mediaType: type } = check.end();
    if (family(type) !== family(mediaType)) throw new Failure("unsupported_media", `It is ${kindWords(type)}.`);
    const stamped = await media.stamp(bytes, type, recipe);
    const facts = await media.describe(sourceOf(stamped), type);
    return { mediaType: type, ...facts, ...(await put(stamped, type)) };
  }

  async function store(file: ResultFile, spot: Spot, signal: AbortSignal): Promise<ArtifactDraft> {
    const { mediaType, body, recipe } = file;
    const put: Put = (content, type) => files.put(spot.storageKey, content, { mediaType: type, signal });
    if (!/^(image|audio|video)\//.test(mediaType)) return { ...spot, recipe, mediaType, ...(await put(body, mediaType)) };
    const bytes = body instanceof Uint8Array ? body : await readAll(body, maxBytes, tooLarge);
    try {
      const known = await (mediaType.startsWith("image/") ? storePicture : storePlayable)(bytes, file, put);
      return { ...spot, recipe, ...known };
    } catch (error) {
      throw error instanceof Failure && error.code === "unsupported_media" ? notWhatItSays(file, bytes, error) : error;
    }
  }

  return {
    drafts,
    async save(file, signal) {
      const spot = reserve(file.name);
      const { poster, recipe } = file;
      // both have their places before anything is waited for: others may save at the same time
      const still = poster && { file: posterOf(spot.name, poster, recipe), spot: reserve(posterName(spot.name)) };
      const draft = await store(file, spot, signal);
      if (still) drafts.push({ ...draft, poster: still.spot.id }, await store(still.file, still.spot, signal));
      else drafts.push(draft);
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
      await Promise.all(stored.map((key) => files.remove(key).catch(() => undefined)));
    },
  };
}

type Put = (content: Readable | Uint8Array, mediaType: string) => ReturnType<FileStore["put"]>;
type Known = Omit<ArtifactDraft, keyof Spot | "recipe" | "poster">;

const family = (mediaType: string) => mediaType.split("/")[0];

const sourceOf = (bytes: Uint8Array): MediaSource => ({ bytes: bytes.length, read: async (from, to) => bytes.subarray(from, to) });

const posterName = (video: string) => `${video.slice(0, video.length - extname(video).length)}-poster.jpg`;

/** A part: in no list, opened by its id. */
const posterOf = (video: string, body: Uint8Array, recipe: Recipe): ResultFile => ({
  ...{ name: posterName(video), mediaType: "image/jpeg", body },
  recipe: { ...recipe, part: true },
});

function tooLarge(): Failure {
  return new Failure("engine_failed", `The engine returned a file of more than ${maxBytes / 1e6} MB. Ask for a smaller or shorter one.`);
}

/** What programs answer with in place of a file. */
function answerWords(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 512)).toString("latin1").trimStart().toLowerCase();
  if (bytes.length === 0) return "an empty file";
  if (text.startsWith("<!doctype html") || text.startsWith("<html")) return "a web page";
  if (text.startsWith("{") || text.startsWith("[")) return "a message in JSON";
  return "broken or of another kind";
}

function notWhatItSays({ name, mediaType }: ResultFile, bytes: Uint8Array, cause: Failure): Failure {
  const due = kindWords(mediaType);
  return new Failure(
    "engine_failed",
    `The engine handed over ${name} as ${due} (${mediaType}), but it is ${answerWords(bytes)}. Look at the engine's log, then retry the job.`,
    { cause },
  );
}
