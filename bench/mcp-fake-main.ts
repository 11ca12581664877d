/** The fake ComfyUI as a process, with pictures as large as real ones. Arguments: milliseconds a step, pixels of a side. */
import sharp from "sharp";
import { startFakeComfyui } from "../workers/engines/comfyui/testing/fake-comfyui.ts";

const [stepMs = 10, side = 512] = process.argv.slice(2).map(Number);
/** So much noise makes about one byte a pixel: a picture of 512x512 has 260 kB. */
const sigma = 1.15;
const picture = await sharp({
  create: { width: side, height: side, channels: 3, background: "#000", noise: { type: "gaussian", mean: 128, sigma } },
})
  .png()
  .toBuffer();
const signatureAndHeader = 33;

/** With the text that ComfyUI writes into each, so that no two are the same. */
function withText(original: Buffer): Buffer {
  const text = original.subarray(signatureAndHeader, signatureAndHeader + 12 + original.readUInt32BE(signatureAndHeader));
  return Buffer.concat([picture.subarray(0, signatureAndHeader), text, picture.subarray(signatureAndHeader)]);
}

const fake = await startFakeComfyui({ stepMs });
const { output } = fake.disk;
const keep = output.set.bind(output);
output.set = (name, bytes) => keep(name, withText(bytes));
console.log(JSON.stringify({ url: fake.url, bytes: picture.length }));
