/** What a file is, told from its first bytes; and the words for what we do not take. */
import { Failure } from "../../core/failure.ts";
import type { PictureInfo } from "../../core/ports/media.ts";

export type PictureType = PictureInfo["mediaType"];

export const begins = (bytes: Uint8Array, text: string, at = 0) =>
  Buffer.from(bytes.subarray(at, at + text.length)).toString("latin1") === text;

export function pictureType(bytes: Uint8Array): PictureType | undefined {
  if (begins(bytes, "\x89PNG\r\n\x1a\n")) return "image/png";
  if (begins(bytes, "\xff\xd8\xff")) return "image/jpeg";
  if (begins(bytes, "RIFF") && begins(bytes, "WEBP", 8)) return "image/webp";
  return undefined;
}

function isText(bytes: Uint8Array): boolean {
  try {
    // a character may be cut at the end
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return !/[^\P{Cc}\s]/u.test(text);
  } catch {
    return false;
  }
}

/** A guess at what else it may be, for the message only. */
export function otherKind(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 512)).toString("latin1").trimStart().toLowerCase();
  if (bytes.length === 0) return "an empty file";
  if (begins(bytes, "GIF8")) return "a GIF";
  if (begins(bytes, "%PDF")) return "a PDF";
  if (head.includes("<svg")) return "an SVG";
  if (head.startsWith("<!doctype html") || head.startsWith("<html")) return "a web page";
  if (begins(bytes, "BM")) return "a BMP";
  if (begins(bytes, "II*\0") || begins(bytes, "MM\0*")) return "a TIFF";
  if (begins(bytes, "PK\x03\x04")) return "a ZIP archive";
  if (begins(bytes, "PK\x05\x06")) return "an empty ZIP archive";
  if (/^ftyp(avi[fs]|hei[cfsx]|mif1)/.test(Buffer.from(bytes.subarray(4, 12)).toString("latin1"))) return "a HEIC or AVIF picture";
  if (begins(bytes, "ftyp", 4)) return "a video";
  if (begins(bytes, "RIFF") && begins(bytes, "AVI ", 8)) return "an AVI video";
  if (begins(bytes, "RIFF") && begins(bytes, "WAVE", 8)) return "audio";
  if (begins(bytes, "Rar!")) return "a RAR archive";
  if (begins(bytes, "7z\xbc\xaf")) return "a 7z archive";
  if (begins(bytes, "\x1f\x8b")) return "a gzip file";
  if (/^(\x7fELF|MZ)/.test(Buffer.from(bytes.subarray(0, 4)).toString("latin1"))) return "a program";
  return isText(bytes.subarray(0, 512)) ? "text" : "of a kind that is not known here";
}

const pictures = "Pictures are taken as PNG, JPEG or WebP.";
const everything =
  "Taken are pictures (PNG, JPEG or WebP), audio (WAV, MP3, OGG, M4A, FLAC, WebM), video (MP4, WebM, MOV), ZIP archives and .safetensors files.";

export function notAPicture(bytes: Uint8Array): Failure {
  return new Failure("unsupported_media", `This is no such picture but ${otherKind(bytes)}. ${pictures} Convert it, then send it again.`);
}

export function notStripped(bytes: Uint8Array): Failure {
  return new Failure(
    "unsupported_media",
    `What is said in a file is taken out of pictures, sound and video alone; this is ${otherKind(bytes)}. Download it as it is, without strip.`,
  );
}

/** @param name what it is called: an ending that promises something else is named. */
export function notTaken(kind: string, name: string): Failure {
  const ending = /\.([a-z0-9]{1,12})$/i.exec(name)?.[1]?.toLowerCase();
  const promise = ending ? `, whatever its ending .${ending} says` : "";
  const empty = kind === "an empty file";
  const what = empty ? "The file is empty: it has 0 bytes." : `The file is ${kind}${promise}.`;
  return new Failure("unsupported_media", `${what} ${everything} ${empty ? "Choose the file anew" : "Convert it"}, then send it again.`);
}

/** @param reason such as "it ends too early" */
export function brokenPicture(reason: string, cause?: unknown): Failure {
  return new Failure("unsupported_media", `The picture is broken: ${reason}. ${pictures} Save or export it again, then send that.`, {
    cause,
  });
}

/** @param reason such as "a page of it is damaged" */
export function brokenFile(reason: string, cause?: unknown): Failure {
  return new Failure("unsupported_media", `The file is broken: ${reason}. Save, export or download it again, then send that.`, { cause });
}

export function endsEarly(): Failure {
  return brokenFile("it ends too early, so that a part of it is missing");
}

/** More than a film of a day in fragments of a tenth of a second has. Each costs memory: a hostile file is made of nothing else. */
const maxParts = 2_000_000;

/** Called for each part that is kept in mind. @throws Failure `unsupported_media` */
export function countParts(most = maxParts): () => void {
  let left = most;
  return () => {
    if (left-- <= 0) throw brokenFile(`it is made of more than ${most} parts`);
  };
}

export function tooManyPixels(limit: number): Failure {
  return new Failure(
    "unsupported_media",
    `The picture has more than ${Math.round(limit / 1e6)} megapixels. ${pictures} Scale it down, then send it again.`,
  );
}
