/** The picture that stands for a video. */
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import sharp from "sharp";
import { Failure } from "../../core/failure.ts";
import type { Ffmpeg } from "./ffmpeg.ts";
import { withFolder } from "./folder.ts";

/** Mean brightness, of 255, below which a frame says nothing. */
const black = 16;
/** Longest side in pixels. */
const side = 1280;

const brightness = async (picture: Uint8Array): Promise<number> => (await sharp(picture).greyscale().stats()).channels[0]?.mean ?? 0;

/** JPEG of the first frame of the first seconds that is not black, or of the brightest there is. */
export async function posterOf(ffmpeg: Ffmpeg, path: string, signal: AbortSignal): Promise<Uint8Array> {
  const video = resolve(path);
  return withFolder(dirname(video), async (folder) => {
    let best: { picture: Uint8Array; light: number } | undefined;
    // the first frame shows what was asked for best; videos that fade in come later
    for (const at of [0, 1, 3, 6, 12]) {
      const file = join(folder, `${at}.jpg`);
      const scale = `scale='min(${side},iw)':'min(${side},ih)':force_original_aspect_ratio=decrease`;
      await ffmpeg.run(["-ss", String(at), "-i", video, "-frames:v", "1", "-vf", scale, "-q:v", "3", file], {
        cwd: folder,
        signal,
        limitSeconds: 120,
      });
      // behind its end there is no frame, and no error
      const picture = await readFile(file).catch(() => undefined);
      if (!picture) break;
      const light = await brightness(picture);
      if (light > (best?.light ?? -1)) best = { picture, light };
      if (light >= black) break;
    }
    if (!best) throw new Failure("engine_failed", "The video has no frame that can be shown. Make it again, and report it if it stays.");
    return best.picture;
  });
}
