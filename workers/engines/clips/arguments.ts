/** The one call of ffmpeg that makes a clip. */
import { aacArgs } from "../../ffmpeg/index.ts";
import type { Shown, Spoken } from "./inputs.ts";
import { stripHeight } from "./letters.ts";

export interface ClipParts {
  shown: Shown;
  spoken?: Spoken;
  seconds: number;
  /** Files in the folder. */
  strips?: string;
  track?: { file: string; language: string };
  label?: string;
}

/** Frames of a clip: as near to its seconds as frames come. */
export const framesIn = (seconds: number, fps: number): number => Math.max(1, Math.round(seconds * fps));

/** A sound that is longer than the clip is not cut with a click. */
const fade = 0.08;

function picture({ shown, seconds }: ClipParts): string {
  const { width, height, fps, kind } = shown;
  const fit = `scale=${width}:${height}${kind === "picture" ? ":out_color_matrix=bt709:out_range=tv" : ""},setsar=1`;
  const hold = kind === "video" ? `,tpad=stop_mode=clone:stop_duration=${seconds.toFixed(3)}` : "";
  return `[0:v:0]${fit},fps=${fps}${hold},format=yuv420p`;
}

function sound(input: number, parts: ClipParts): string {
  const end = parts.seconds.toFixed(4);
  const long = parts.spoken ? parts.spoken.seconds > parts.seconds : (parts.shown.seconds ?? 0) > parts.seconds;
  const soft = long ? `,afade=t=out:st=${Math.max(0, parts.seconds - fade).toFixed(4)}:d=${fade}` : "";
  return `[${input}:a:0]aresample=48000:async=1:first_pts=0,apad,atrim=0:${end}${soft}[sound]`;
}

/** @returns everything of a call but the name of the output. */
export function clipArguments(parts: ClipParts): string[] {
  const { shown, spoken, strips, track, label, seconds } = parts;
  const inputs: string[][] = [
    shown.kind === "picture" ? ["-loop", "1", "-framerate", String(shown.fps), "-i", shown.file] : ["-i", shown.file],
  ];
  const add = (...input: string[]): number => inputs.push(input) - 1;
  const graph: string[] = [];
  let last = picture(parts);
  const over = (input: number, at: string): void => {
    graph.push(`${last}[layer${input}]`);
    last = `[layer${input}][${input}:v:0]overlay=${at}:eof_action=repeat:format=yuv420`;
  };
  const heard = spoken ? add("-i", spoken.file) : shown.ownSound ? 0 : undefined;
  if (strips) over(add("-f", "concat", "-i", strips), `0:${shown.height - stripHeight(shown.height)}`);
  if (label) over(add("-i", label), `${Math.round(shown.width * 0.02)}:${Math.round(shown.height * 0.02)}`);
  graph.push(`${last},format=yuv420p[picture]`);
  if (heard !== undefined) graph.push(sound(heard, parts));
  const words = track ? add("-f", "webvtt", "-i", track.file) : undefined;
  return [
    ...inputs.flat(),
    ...["-filter_complex", graph.join(";"), "-map", "[picture]", ...(heard === undefined ? [] : ["-map", "[sound]", ...aacArgs])],
    ...(track
      ? ["-map", `${words}:s:0`, "-c:s", "mov_text", "-metadata:s:s:0", `language=${track.language}`, "-disposition:s:0", "0"]
      : []),
    ...["-c:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p", "-profile:v", "high"],
    ...(shown.kind === "picture"
      ? ["-tune", "stillimage", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
      : []),
    ...["-r", String(shown.fps), "-frames:v", String(framesIn(seconds, shown.fps)), "-t", seconds.toFixed(4)],
    // what the inputs say of themselves, such as where a photo was taken, is not the clip's
    ...["-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", "-f", "mp4"],
  ];
}
