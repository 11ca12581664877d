/** One ESRGAN-slim network on TensorFlow.js' WebAssembly backend. It blocks its thread while it works: only `thread.ts` may load it in a server. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { modelFolder, type Scale, wasmFolder } from "./weights.ts";

export interface Model {
  /** `pixels`: width × height × 3 bytes, rows first. Returns the same `scale` times as wide and high. */
  enlarge(pixels: Uint8Array, width: number, height: number): Uint8Array<ArrayBuffer>;
  dispose(): void;
}

interface Stored {
  modelTopology: object;
  weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
}

export async function loadModel(scale: Scale): Promise<Model> {
  setWasmPaths(wasmFolder());
  if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js cannot start its WebAssembly backend here");
  const folder = modelFolder(scale);
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8")) as Stored;
  const shards = weightsManifest.flatMap((group) => group.paths).map((path) => readFileSync(join(folder, path)));
  const network = await loadLayersModel({
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: new Uint8Array(Buffer.concat(shards)).buffer,
    }),
  });
  return {
    enlarge(pixels, width, height) {
      const output = tf.tidy(() => {
        const result = network.predict(tf.tensor4d(Float32Array.from(pixels), [1, height, width, 3]));
        if (Array.isArray(result)) throw new Error("the network gave more than one picture");
        return result;
      });
      // rounds and cuts to 0..255
      const bytes = new Uint8ClampedArray(output.dataSync());
      output.dispose();
      return new Uint8Array(bytes.buffer);
    },
    dispose: () => network.dispose(),
  };
}
