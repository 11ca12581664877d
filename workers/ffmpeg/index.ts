/** ffmpeg, and what is known of a media file: for engines that make sound and video. */
export { aacArgs, h264Args } from "./args.ts";
export { createFfmpeg, type Ffmpeg } from "./ffmpeg.ts";
export { withFolder } from "./folder.ts";
export { sweepLeft } from "./left.ts";
export { posterOf } from "./poster.ts";
export { type Probed, probe } from "./probe.ts";
