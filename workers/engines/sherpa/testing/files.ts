/** Folders that look like downloaded models. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const made: string[] = [];

/** For `afterEach`. */
export async function removeAll(): Promise<void> {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
}

export const zip = "sherpa-onnx-zipvoice-distill-int8-zh-en-emilia";
export const pocket = "sherpa-onnx-pocket-tts-int8-2026-01-26";

export const zipFiles = [
  ...["tokens.txt", "encoder.int8.onnx", "decoder.int8.onnx", "lexicon.txt", "espeak-ng-data/phontab"].map((name) => `${zip}/${name}`),
  "vocos_24khz.onnx",
];
export const pocketFiles = [
  ...[
    "lm_flow.int8.onnx",
    "lm_main.int8.onnx",
    "encoder.onnx",
    "decoder.int8.onnx",
    "text_conditioner.onnx",
    "vocab.json",
    "token_scores.json",
  ],
].map((name) => `${pocket}/${name}`);

export async function folderWith(files: readonly string[], content = "junk"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "msb-sherpa-test-"));
  made.push(folder);
  for (const name of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}
