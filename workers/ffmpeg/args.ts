/** Arguments of ffmpeg that every video and sound of ours shares. */

/** H.264 that browsers and televisions play: yuv420p, even sizes, the index first. After the input, before the output's name. */
export const h264Args: readonly string[] = [
  ...["-c:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p", "-profile:v", "high"],
  ...["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-movflags", "+faststart"],
];

/** AAC beside it. */
export const aacArgs: readonly string[] = ["-c:a", "aac", "-b:a", "192k", "-ar", "48000"];
