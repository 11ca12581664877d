/** Finds faces in pictures, in a thread that starts with the first picture and ends when none has come for a while. */
import type { Worker } from "node:worker_threads";
import sharp from "sharp";
import { Failure } from "../../core/failure.ts";
import { startThread } from "../engines/start-thread.ts";
import { type Face, surest } from "./boxes.ts";
import { detectorSide } from "./side.ts";

export type { Face } from "./boxes.ts";

/** A picture that is decoded: 3 bytes a pixel. */
export interface Pixels {
  width: number;
  height: number;
  rgb: Buffer;
}

export interface FaceFinder {
  /**
   * From left to right, in pixels of the picture as it is seen; a box may stick out of it. A face smaller than about a fifteenth of the longer side is not found.
   * Failures: `unsupported_media` for what is no picture, `engine_unavailable` where the detector does not start.
   * @param picture PNG, JPEG or WebP, or one that is decoded already. @param enough where it need not be looked for more.
   */
  findFaces(picture: Uint8Array | Pixels, signal: AbortSignal, enough?: number): Promise<Face[]>;
  /** Ends the thread; the next picture starts another one. */
  close(): Promise<void>;
}

/** Pixels above which nothing is decoded. */
const maxPixels = 100_000_000;
/** Milliseconds without a picture after which the thread gives its memory back. */
const idle = 30_000;

const unreadable = (cause: unknown) =>
  new Failure("unsupported_media", "The picture cannot be read. Give one that opens in a picture viewer.", { cause });

/** Decoded once and no larger than it is looked at; `scale` = pixels of the picture as it is seen that one of these stands for. */
interface Opened extends Pixels {
  scale: number;
}

async function opened(picture: Uint8Array | Pixels): Promise<Opened> {
  if ("rgb" in picture) return { ...picture, scale: 1 };
  try {
    const image = sharp(picture, { limitInputPixels: maxPixels, failOn: "error" });
    const { autoOrient } = await image.metadata();
    const { data, info } = await image
      .autoOrient()
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .resize({ width: detectorSide * 2, height: detectorSide * 2, fit: "inside", withoutEnlargement: true })
      .removeAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgb: data, scale: autoOrient.width / info.width };
  } catch (cause) {
    throw unreadable(cause);
  }
}

/**
 * How much of the square the picture takes, one look after the other, and how sure the detector must be then: it overlooks a face that fills half of what it sees,
 * and the smaller the picture, the more it sees faces in anything.
 */
const looks = [
  { share: 1, sure: 0.4 },
  { share: 0.62, sure: 0.55 },
  { share: 0.38, sure: 0.6 },
] as const;

/** In a square, as the detector learned to see: at the top left, black beside it. `side` = pixels of the picture that the square's side stands for. */
async function squared({ rgb, width, height, scale }: Opened, share: number): Promise<{ square: Uint8Array; side: number }> {
  const inside = Math.round(detectorSide * share);
  const rest = detectorSide - inside;
  const square = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize({ width: inside, height: inside, fit: "contain", position: "left top", background: "#000000" })
    .extend({ right: rest, bottom: rest, background: "#000000" })
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer();
  return { square, side: (Math.max(width, height) * scale * detectorSide) / inside };
}

export function createFaceFinder(): FaceFinder {
  let thread: Worker | undefined;
  let resting: NodeJS.Timeout | undefined;
  let last = 0;
  /** Looks that wait for their answer. */
  const waiting = new Map<number, { answer(faces: Face[]): void; fail(cause: unknown): void }>();

  const close = async (): Promise<void> => {
    const ending = thread;
    thread = undefined;
    clearTimeout(resting);
    await ending?.terminate();
  };

  const failAll = (cause: unknown): void => {
    for (const { fail } of waiting.values()) fail(cause);
    waiting.clear();
  };

  const running = (): Worker => {
    clearTimeout(resting);
    thread?.ref();
    if (thread) return thread;
    const started = startThread(new URL("./thread.ts", import.meta.url));
    started.on("message", ({ id, faces }: { id: number; faces: Face[] }) => {
      waiting.get(id)?.answer(faces);
      waiting.delete(id);
    });
    const over = (cause: unknown) => {
      if (thread !== started && thread !== undefined) return;
      thread = undefined;
      failAll(cause);
    };
    started.on("error", over);
    started.on("exit", () => over(new Error("the thread ended")));
    thread = started;
    return started;
  };

  const look = async (rgb: Uint8Array, signal: AbortSignal): Promise<Face[]> => {
    const id = ++last;
    let onAbort = () => {};
    try {
      return await new Promise<Face[]>((answer, fail) => {
        onAbort = () => fail(signal.reason);
        signal.addEventListener("abort", onAbort, { once: true });
        waiting.set(id, { answer, fail });
        running().postMessage({ id, rgb });
      });
    } finally {
      waiting.delete(id);
      signal.removeEventListener("abort", onAbort);
      if (waiting.size === 0 && thread) {
        // nobody waits for it: it must not hold the process
        thread.unref();
        clearTimeout(resting);
        resting = setTimeout(() => void close(), idle).unref();
      }
    }
  };

  const answered = async (rgb: Uint8Array, signal: AbortSignal): Promise<Face[]> => {
    try {
      return await look(rgb, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new Failure(
        "engine_unavailable",
        "Faces cannot be looked for: the face detector does not start. Run npm ci in the folder of MySpinBot, then ask again.",
        { cause },
      );
    }
  };

  return {
    async findFaces(picture, signal, enough = Number.POSITIVE_INFINITY) {
      const source = await opened(picture);
      const found: Face[] = [];
      for (const { share, sure } of looks) {
        const { square, side } = await squared(source, share);
        signal.throwIfAborted();
        const faces = await answered(square, signal);
        found.push(...faces.filter(({ score }) => score >= sure).map((face) => scaled(face, side)));
        if (found.length >= enough) break;
      }
      return surest(found).sort((one, other) => one.x + one.width / 2 - (other.x + other.width / 2));
    },
    close,
  };
}

function scaled({ x, y, width, height, score }: Face, side: number): Face {
  return { x: Math.round(x * side), y: Math.round(y * side), width: Math.round(width * side), height: Math.round(height * side), score };
}
