/** Entry of a worker thread: the detector blocks its thread while it looks, and takes its memory with it when it ends. */
import { parentPort } from "node:worker_threads";
import { loadNetwork } from "./network.ts";

const loading = loadNetwork();

parentPort?.on("message", async ({ id, rgb }: { id: number; rgb: Uint8Array }) => {
  const network = await loading;
  parentPort?.postMessage({ id, faces: network.look(rgb) });
});
