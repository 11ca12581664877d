/** Where the weights of ESRGAN-slim and the WebAssembly of TensorFlow.js lie: both come with their npm packages, nothing is downloaded. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export type Scale = 2 | 3 | 4;

const require = createRequire(import.meta.url);

/** Neither package lets its package.json be resolved by name. */
function packageFolder(entry: string): string {
  let folder = dirname(entry);
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

const esrgan = (): string => packageFolder(require.resolve("@upscalerjs/esrgan-slim"));

export const modelName = (scale: Scale): string => `esrgan-slim-${scale}x`;

export const modelFolder = (scale: Scale): string => join(esrgan(), "models", `x${scale}`);

/** With a separator at the end, as `setWasmPaths` wants it. */
export const wasmFolder = (): string => join(packageFolder(require.resolve("@tensorflow/tfjs-backend-wasm")), "dist", "/");

export const weightsVersion = (): string =>
  (JSON.parse(readFileSync(join(esrgan(), "package.json"), "utf8")) as { version: string }).version;

/** The packages that are not installed whole; empty when all is well. */
export function missingPackages(): string[] {
  const needs: Record<string, () => string> = {
    "@upscalerjs/esrgan-slim": () => join(modelFolder(4), "model.json"),
    "@tensorflow/tfjs-backend-wasm": () => join(wasmFolder(), "tfjs-backend-wasm-simd.wasm"),
    "@tensorflow/tfjs-core": () => require.resolve("@tensorflow/tfjs-core"),
    "@tensorflow/tfjs-layers": () => require.resolve("@tensorflow/tfjs-layers"),
  };
  return Object.entries(needs).flatMap(([name, file]) => {
    try {
      return existsSync(file()) ? [] : [name];
    } catch {
      return [name];
    }
  });
}
