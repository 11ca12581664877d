/** Finds out whether a picture shows a face, in a thread that starts with the first picture. */
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import sharp from "sharp";
import { Failure } from "../../../../core/failure.ts";
import { startThread } from "../../start-thread.ts";
import type { Pixels } from "../pixels.ts";
import { detectorSide } from "./side.ts";

/** How sure the detector must be. A photo that is wrongly left out costs more than one that is wrongly kept. */
const sure = 0.4;

export interface FaceFinder {
  /** One picture at a time. */
  hasFace(picture: Pixels, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** In a square, as the detector learned to see: at the top left, black beside it. */
async function square({ rgb, width, height }: Pixels): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize({ width: detectorSide, height: detectorSide, fit: "contain", position: "left top", background: "#000000" })
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer();
}

export function createFaceFinder(): FaceFinder {
  let thread: Worker | undefined;
  return {
    async hasFace(picture, signal) {
      const rgb = await square(picture);
      signal.throwIfAborted();
      thread ??= startThread(new URL("./thread.ts", import.meta.url));
      try {
        // hears the thread's error as well
        const answer = once(thread, "message", { signal });
        thread.postMessage(rgb);
        const [score] = (await answer) as [number];
        return score >= sure;
      } catch (cause) {
        signal.throwIfAborted();
        throw new Failure(
          "engine_unavailable",
          "Faces cannot be looked for: the face detector does not start. Run npm ci in the folder of MySpinBot, or ask again without faces.",
          { cause },
        );
      }
    },
    async close() {
      await thread?.terminate();
    },
  };
}
