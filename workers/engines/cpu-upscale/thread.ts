/** Entry of a worker thread: takes tiles, gives them back larger, one at a time. */
import { parentPort } from "node:worker_threads";
import { loadModel, type Model } from "./model.ts";
import type { Scale } from "./weights.ts";

export interface TileTask {
  scale: Scale;
  width: number;
  height: number;
  pixels: Uint8Array<ArrayBuffer>;
}

export type TileAnswer = { pixels: Uint8Array<ArrayBuffer> } | { error: string };

let loaded: { scale: Scale; model: Model } | undefined;

async function work({ scale, width, height, pixels }: TileTask): Promise<TileAnswer> {
  try {
    if (loaded?.scale !== scale) {
      loaded?.model.dispose();
      loaded = undefined;
      loaded = { scale, model: await loadModel(scale) };
    }
    return { pixels: loaded.model.enlarge(pixels, width, height) };
  } catch (error) {
    return { error: String(error) };
  }
}

parentPort?.on("message", async (task: TileTask) => {
  const answer = await work(task);
  parentPort?.postMessage(answer, "pixels" in answer ? [answer.pixels.buffer] : []);
});
