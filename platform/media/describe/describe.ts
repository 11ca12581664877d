/** How long a sound or video is, how large, and whether it has sound. Its index is read in a process with limits, because a few bytes of a hostile one ask for gigabytes or for years. */
import type { Media, MediaFacts, MediaSource } from "../../../core/ports/media.ts";
import { brokenFile } from "../kinds.ts";
import { endless, type Reader, ReaderKilled, type ReaderLimits, startReader } from "./reader.ts";
import { createTurns } from "./turns.ts";

const usual: ReaderLimits = { ms: 60_000, piece: 64_000_000, bytes: 64_000_000, memoryMb: 384 };

/** Each takes a processor and 60 MB. */
const most = 2;
/** Milliseconds that one is kept for the next file: starting one takes half a second. */
const keptMs = 5000;

/** Numbers that a file claims and nothing can have. */
function checked({ seconds, width, height, sound }: MediaFacts): MediaFacts {
  const nothing = seconds !== undefined && !(seconds > 0 && seconds < 1e7);
  const empty = width !== undefined && !(width > 0 && (height ?? 0) > 0);
  if (nothing || empty) throw brokenFile("there is nothing to play in it");
  return {
    ...(seconds === undefined ? {} : { seconds: Math.round(seconds * 1000) / 1000 }),
    ...(width !== undefined && height !== undefined ? { width: Math.round(width), height: Math.round(height) } : {}),
    ...(sound === undefined ? {} : { sound }),
  };
}

/** The one that was used last, if there is one. */
function takeAlive(kept: Map<Reader, NodeJS.Timeout>): Reader | undefined {
  for (const [reader, timer] of [...kept].reverse()) {
    clearTimeout(timer);
    kept.delete(reader);
    if (reader.alive) return reader;
  }
  return undefined;
}

/** @param start how a reader is started; another one only in tests. */
export function createDescribe(given: Partial<ReaderLimits> = {}, start = startReader): Media["describe"] {
  const limits = { ...usual, ...given };
  const turns = createTurns(most);
  const kept = new Map<Reader, NodeJS.Timeout>();

  async function read(source: MediaSource): Promise<MediaFacts> {
    const reader = takeAlive(kept) ?? start(limits);
    try {
      const facts = await reader.read(source);
      const leave = () => {
        kept.delete(reader);
        reader.end();
      };
      kept.set(reader, setTimeout(leave, keptMs).unref());
      return facts;
    } catch (error) {
      reader.end();
      throw error;
    }
  }

  /** A kill from outside says nothing of the file; a second one does: it asks for more memory than there is. */
  const readAgain = (source: MediaSource): Promise<MediaFacts> =>
    read(source).catch((error: unknown) => {
      if (!(error instanceof ReaderKilled)) throw error;
      return read(source).catch((again: unknown) => {
        throw again instanceof ReaderKilled ? endless(again) : again;
      });
    });

  return async (source, mediaType) => {
    if (!/^(audio|video)\//.test(mediaType)) return {};
    const { seconds, ...seen } = await turns(() => readAgain(source));
    // the picture track of a sound is its cover
    return checked({ ...(seconds === undefined ? {} : { seconds }), ...(mediaType.startsWith("video/") ? seen : {}) });
  };
}
