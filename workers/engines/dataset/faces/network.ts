/** face-api's tiny face detector, a YOLO of separable convolutions, on TensorFlow.js' WebAssembly backend. Only whether there is a face is asked of it. */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { detectorSide } from "./side.ts";
import { detectorWeights, wasmFolder } from "./weights.ts";

/** Mean red, green and blue of the pictures that it learned from. */
const mean = [117.001, 114.697, 97.404];
/** Boxes a cell, and numbers a box: place, size and, fifth, the score. */
const [boxes, numbers] = [5, 5];

export interface Network {
  /** 0 to 1: how sure it is of the surest face. `rgb`: `detectorSide`² × 3 bytes. */
  score(rgb: Uint8Array): number;
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

  return {
    score: (rgb) =>
      tf.tidy(() => {
        const picture = tf.tensor4d(Float32Array.from(rgb), [1, detectorSide, detectorSide, 3]);
        let out = leaky(conv(tf.div(tf.sub(picture, tf.tensor1d(mean)), 255), "conv0"));
        for (const name of ["conv1", "conv2", "conv3", "conv4", "conv5"]) out = separable(halved(out), name);
        const found = conv(tf.maxPool(out, 2, 1, "same"), "conv8");
        const scores = tf.slice(tf.reshape(found, [-1, boxes, numbers]), [0, 0, 4], [-1, boxes, 1]);
        return tf.sigmoid(tf.max(scores)).dataSync()[0] ?? 0;
      }),
  };
}
