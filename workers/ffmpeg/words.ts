/** What went wrong in ffmpeg, in words for a person. Its own lines name files of this machine: those are for the log. */
import { Failure } from "../../core/failure.ts";

const causes: readonly [RegExp, string][] = [
  [/Format not on whitelist/i, "it is of a kind that is not taken here. Export it as MP4, WebM, MOV, WAV, MP3, Ogg or FLAC"],
  [/moov atom not found/i, "its index is missing: the file was cut short, or its recording was never finished. Save or export it again"],
  [
    /Invalid data found when processing input|EBML header parsing failed|could not find codec parameters/i,
    "it is broken, or no sound or video. Try it in a player, and export it again",
  ],
  [/matches no streams|does not contain any stream/i, "what is needed of it, a picture or a sound, is not in it"],
  [/Decoder .* not found|Unknown decoder|no decoder/i, "its codec is not known to this ffmpeg. Export it as MP4 with H.264 and AAC"],
  [/Cannot allocate memory/i, "there was not enough memory. Free some, or give a smaller one"],
];

/** Whether it did not end by itself: also one that was run by a script, and one that obeyed a signal and then says so by its code alone. */
const wasEnded = (code: number | null, killedBy: NodeJS.Signals | null, errors: string): boolean =>
  killedBy !== null || code === 137 || code === 143 || (code === 255 && errors.trim() === "");

/** Retryable where it was ended from outside. @param errors what it wrote, the newest last. */
export function failedWith(code: number | null, killedBy: NodeJS.Signals | null, errors: string): Failure {
  const cause = new Error(`ffmpeg ended with ${killedBy ?? code}: ${errors.slice(-4000)}`);
  if (/No space left on device/i.test(errors))
    return new Failure("storage_full", "The disk is full. Free some space, then retry the job.", { cause });
  if (wasEnded(code, killedBy, errors))
    return new Failure(
      "engine_failed",
      "ffmpeg was ended by the system, most likely for lack of memory. Free some memory, then retry the job.",
      { cause, retryable: true },
    );
  const known = causes.find(([pattern]) => pattern.test(errors))?.[1];
  return new Failure(
    "engine_failed",
    known
      ? `ffmpeg could not read a file: ${known}.`
      : "ffmpeg could not make the file; the server log has its words. Try another file, and report it if it stays.",
    { cause },
  );
}
