/** Arguments as they are run: what a file may make ffmpeg open, and how long an output may grow. */

/**
 * Formats that are told by a file's bytes. Playlists and scripts (HLS, DASH, concat) are none of them: such a file, called `song.mp3`, would have other files of this machine read.
 */
const formats = [
  ...["mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "flv", "asf"],
  ...["wav", "w64", "mp3", "ogg", "flac", "aac", "ac3", "aiff", "caf", "amr", "au"],
  ...["image2", "png_pipe", "jpeg_pipe", "webp_pipe", "gif"],
];

/** Bytes of one output. */
export const defaultLimitBytes = 4_000_000_000;

/** Formats by name (`-f`) are ours to give: they are allowed for the input that they stand before. */
function inputGuard(before: readonly string[]): string[] {
  const forced = before.lastIndexOf("-f");
  const named = forced >= 0 ? before[forced + 1] : undefined;
  return ["-protocol_whitelist", "file,pipe", "-format_whitelist", [...formats, ...(named ? [named] : [])].join(",")];
}

/** @param args as they are given to `Ffmpeg.run`; the output comes last. */
export function guarded(args: readonly string[], limitBytes: number): string[] {
  const all: string[] = [];
  let from = 0;
  for (const [index, arg] of args.entries()) {
    if (arg !== "-i") continue;
    all.push(...args.slice(from, index), ...inputGuard(args.slice(from, index)));
    from = index;
  }
  const rest = args.slice(from);
  return [...all, ...rest.slice(0, -1), "-fs", String(limitBytes), ...rest.slice(-1)];
}
