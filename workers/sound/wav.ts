/** WAV files: what engines hand over, and what they are given. */
import { Failure } from "../../core/failure.ts";
import type { Pcm } from "./pcm.ts";

const broken = (why: string): Failure =>
  new Failure("unsupported_media", `That is no WAV file that can be read: ${why}. Give PCM of 8, 16, 24 or 32 bit, or 32 bit float.`);

interface Format {
  /** 1 = integers, 3 = floats. */
  tag: number;
  channels: number;
  sampleRate: number;
  bits: number;
}

function formatOf(chunk: DataView): Format {
  if (chunk.byteLength < 16) throw broken("its header is too short");
  const tag = chunk.getUint16(0, true);
  const found = {
    // "extensible" has the real one at the head of its identifier
    tag: tag === 0xfffe && chunk.byteLength >= 26 ? chunk.getUint16(24, true) : tag,
    channels: chunk.getUint16(2, true),
    sampleRate: chunk.getUint32(4, true),
    bits: chunk.getUint16(14, true),
  };
  const known = (found.tag === 1 && [8, 16, 24, 32].includes(found.bits)) || (found.tag === 3 && found.bits === 32);
  if (!known) throw broken(`its format ${found.tag} with ${found.bits} bit is not known`);
  if (found.channels < 1 || found.channels > 32) throw broken(`it has ${found.channels} channels`);
  if (found.sampleRate < 1000 || found.sampleRate > 384_000) throw broken(`it has ${found.sampleRate} samples a second`);
  return found;
}

function reader({ tag, bits }: Format, data: DataView): (at: number) => number {
  if (tag === 3) return (at) => data.getFloat32(at, true);
  if (bits === 8) return (at) => (data.getUint8(at) - 128) / 128;
  if (bits === 16) return (at) => data.getInt16(at, true) / 32768;
  if (bits === 24) return (at) => (data.getInt8(at + 2) * 65536 + data.getUint16(at, true)) / 8_388_608;
  return (at) => data.getInt32(at, true) / 2_147_483_648;
}

/** A program that streams does not know the length when it writes it: then it is all that follows. */
function* chunksOf(view: DataView): Generator<{ name: string; data: DataView }> {
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const name = String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
    const said = view.getUint32(at + 4, true);
    const left = view.byteLength - at - 8;
    const length = name === "data" && said === 0 ? left : Math.min(said, left);
    yield { name, data: new DataView(view.buffer, view.byteOffset + at + 8, length) };
    at += 8 + length + (length % 2);
  }
}

/** Mixed down to mono; a length that a stream could not know (0 or too large) is taken as all that follows. Failure `unsupported_media` for anything but PCM or 32 bit float. */
export function readWav(bytes: Uint8Array): Pcm {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): string => Buffer.from(bytes.subarray(at, at + 4)).toString("latin1");
  if (word(0) !== "RIFF" || word(8) !== "WAVE") throw broken("it does not begin as one");
  let format: Format | undefined;
  for (const { name, data } of chunksOf(view)) {
    if (name === "fmt ") format = formatOf(data);
    if (name !== "data" || !format) continue;
    const { channels, sampleRate, bits } = format;
    const read = reader(format, data);
    const frame = (bits / 8) * channels;
    const samples = new Float32Array(Math.floor(data.byteLength / frame));
    for (let index = 0; index < samples.length; index++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += read(index * frame + (channel * bits) / 8);
      samples[index] = sum / channels;
    }
    return { sampleRate, samples };
  }
  throw broken(format ? "it has no sound in it" : "it says nothing of its format");
}

/** 16 bit PCM, mono. */
export function writeWav({ sampleRate, samples }: Pcm): Uint8Array {
  const file = Buffer.alloc(44 + samples.length * 2);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(36 + samples.length * 2, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(samples.length * 2, 40);
  for (const [index, sample] of samples.entries())
    file.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(sample * 32767))), 44 + index * 2);
  return file;
}
