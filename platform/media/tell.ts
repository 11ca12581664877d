/** The kind of a file by its first bytes: a picture, one of the formats that are checked while they pass by, or nothing that we take. */
import type { FileCheck } from "../../core/ports/media.ts";
import { begins, notTaken, otherKind, pictureType } from "./kinds.ts";
import { safetensorsWalk, zipWalk } from "./walks/archive.ts";
import { flacWalk } from "./walks/flac.ts";
import { isoWalk } from "./walks/iso.ts";
import { mp3Frame, mp3Walk } from "./walks/mp3.ts";
import { oggWalk, wavWalk } from "./walks/sound.ts";
import { type Walk, walking } from "./walks/walk.ts";
import { webmWalk } from "./walks/webm.ts";

const stillBrands = /^(avi[fs]|hei[cfsxm]|hev[cx]|mif1|msf1)$/;

export type Format = "wav" | "ogg" | "flac" | "mp3" | "webm" | "iso" | "zip" | "safetensors";

/** @param head the first 512 bytes, or all where there are fewer */
export function formatOf(head: Buffer): Format | undefined {
  if (begins(head, "RIFF") && begins(head, "WAVE", 8)) return "wav";
  if (begins(head, "OggS")) return "ogg";
  if (begins(head, "fLaC")) return "flac";
  if (begins(head, "ID3") || mp3Frame(head)) return "mp3";
  if (begins(head, "\x1a\x45\xdf\xa3")) return "webm";
  if (begins(head, "PK\x03\x04")) return "zip";
  const [type, brand] = [head.toString("latin1", 4, 8), head.toString("latin1", 8, 12)];
  if (type === "ftyp") return stillBrands.test(brand) ? undefined : "iso";
  // a MOV of the old kind begins with any of its parts
  if (type === "moov" || type === "mdat" || type === "wide") return "iso";
  if (head.length > 8 && head[8] === 0x7b && head.readBigUInt64LE() < 1n << 32n) return "safetensors";
  return undefined;
}

const walks: Record<Exclude<Format, "iso">, Walk> = {
  wav: wavWalk,
  ogg: oggWalk,
  flac: flacWalk,
  mp3: mp3Walk,
  webm: webmWalk,
  zip: zipWalk,
  safetensors: safetensorsWalk,
};

/** @param bytes the first 512, or all where there are fewer. @throws Failure `unsupported_media` */
export function tell(bytes: Uint8Array, name: string): "picture" | FileCheck {
  if (pictureType(bytes)) return "picture";
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = formatOf(head);
  if (!format) throw notTaken(otherKind(head), name);
  if (format !== "iso") return walking(walks[format]);
  return walking(isoWalk(begins(head, "ftyp", 4) ? head.toString("latin1", 8, 12) : undefined));
}
