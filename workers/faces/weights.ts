/** Where the weights of the face detector and the WebAssembly of TensorFlow.js lie: both come with their npm packages, nothing is downloaded. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { io } from "@tensorflow/tfjs-core";

const require = createRequire(import.meta.url);

/** With a separator at the end, as `setWasmPaths` wants it. */
export const wasmFolder = (): string => join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/");

interface Group {
  weights: io.WeightsManifestEntry[];
  paths: string[];
}

/** The detector of face-api (MIT): 190 kB, quantized to bytes. */
export async function detectorWeights(): Promise<{ specs: io.WeightsManifestEntry[]; data: ArrayBuffer }> {
  const manifest = require.resolve("@vladmandic/face-api/model/tiny_face_detector_model-weights_manifest.json");
  const groups = JSON.parse(await readFile(manifest, "utf8")) as Group[];
  const files = groups.flatMap(({ paths }) => paths).map((path) => readFile(join(dirname(manifest), path)));
  return { specs: groups.flatMap(({ weights }) => weights), data: new Uint8Array(Buffer.concat(await Promise.all(files))).buffer };
}
