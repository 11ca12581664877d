/** face-api's tiny face detector, a YOLO of separable convolutions, on TensorFlow.js' WebAssembly backend. */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { type Face, facesOf } from "./boxes.ts";
import { detectorSide } from "./side.ts";
import { detectorWeights, wasmFolder } from "./weights.ts";

/** Mean red, green and blue of the pictures that it learned from. */
const mean = [117.001, 114.697, 97.404];
/** It was halved five times. */
const cells = detectorSide / 32;
/** How sure it must be. A photo that is wrongly left out costs more than one that is wrongly kept. */
const sure = 0.4;

export interface Network {
  /** Faces in shares of the square's side, in no order. `rgb`: `detectorSide`² × 3 bytes. */
  look(rgb: Uint8Array): Face[];
}

export async function loadNetwork(): Promise<Network> {
  setWasmPaths(wasmFolder());
  if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js cannot start its WebAssembly backend here");
  const { specs, data } = await detectorWeights();
  const weights = tf.io.decodeWeights(data, specs);
  const weight = <T extends tf.Tensor>(name: string): T => {
    const found = weights[name];
    if (!found) throw new Error(`the face detector lacks ${name}`);
    return found as T;
  };
  const leaky = (x: tf.Tensor4D): tf.Tensor4D => tf.leakyRelu(x, 0.1);
  const conv = (x: tf.Tensor4D, name: string): tf.Tensor4D =>
    tf.add(tf.conv2d(x, weight<tf.Tensor4D>(`${name}/filters`), 1, "valid"), weight(`${name}/bias`));
  const separable = (x: tf.Tensor4D, name: string): tf.Tensor4D => {
    const padded = tf.pad4d(x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
    const [depth, point] = [weight<tf.Tensor4D>(`${name}/depthwise_filter`), weight<tf.Tensor4D>(`${name}/pointwise_filter`)];
    return leaky(tf.add(tf.separableConv2d(padded, depth, point, 1, "valid"), weight(`${name}/bias`)));
  };
  const halved = (x: tf.Tensor4D): tf.Tensor4D => tf.maxPool(x, 2, 2, "same");

  const raw = (rgb: Uint8Array): Float32Array => {
    const out = tf.tidy(() => {
      const picture = tf.tensor4d(Float32Array.from(rgb), [1, detectorSide, detectorSide, 3]);
      let seen = leaky(conv(tf.div(tf.sub(picture, tf.tensor1d(mean)), 255), "conv0"));
      for (const name of ["conv1", "conv2", "conv3", "conv4", "conv5"]) seen = separable(halved(seen), name);
      return conv(tf.maxPool(seen, 2, 1, "same"), "conv8");
    });
    try {
      return out.dataSync<"float32">();
    } finally {
      out.dispose();
    }
  };

  return { look: (rgb) => facesOf(raw(rgb), cells, sure) };
}
