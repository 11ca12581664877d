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

function walkOf(head: Buffer): Walk | undefined {
  if (begins(head, "RIFF") && begins(head, "WAVE", 8)) return wavWalk;
  if (begins(head, "OggS")) return oggWalk;
  if (begins(head, "fLaC")) return flacWalk;
  if (begins(head, "ID3") || mp3Frame(head)) return mp3Walk;
  if (begins(head, "\x1a\x45\xdf\xa3")) return webmWalk;
  if (begins(head, "PK\x03\x04")) return zipWalk;
  const [type, brand] = [head.toString("latin1", 4, 8), head.toString("latin1", 8, 12)];
  if (type === "ftyp") return stillBrands.test(brand) ? undefined : isoWalk(brand);
  // a MOV of the old kind begins with any of its parts
  if (type === "moov" || type === "mdat" || type === "wide") return isoWalk(undefined);
  if (head.length > 8 && head[8] === 0x7b && head.readBigUInt64LE() < 1n << 32n) return safetensorsWalk;
  return undefined;
}

/** @param bytes the first 512, or all where there are fewer. @throws Failure `unsupported_media` */
export function tell(bytes: Uint8Array, name: string): "picture" | FileCheck {
  if (pictureType(bytes)) return "picture";
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const walk = walkOf(head);
  if (!walk) throw notTaken(otherKind(head), name);
  return walking(walk);
}
