/** What a file is, told from its first bytes; and the words for what is not a picture that we take. */
import { Failure } from "../../core/failure.ts";
import type { PictureInfo } from "../../core/ports/media.ts";

export type PictureType = PictureInfo["mediaType"];

const begins = (bytes: Uint8Array, text: string, at = 0) => Buffer.from(bytes.subarray(at, at + text.length)).toString("latin1") === text;

export function pictureType(bytes: Uint8Array): PictureType | undefined {
  if (begins(bytes, "\x89PNG\r\n\x1a\n")) return "image/png";
  if (begins(bytes, "\xff\xd8\xff")) return "image/jpeg";
  if (begins(bytes, "RIFF") && begins(bytes, "WEBP", 8)) return "image/webp";
  return undefined;
}

/** A guess at what else it may be, for the message only. */
function otherKind(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 512)).toString("latin1").trimStart().toLowerCase();
  if (bytes.length === 0) return "an empty file";
  if (begins(bytes, "GIF8")) return "a GIF";
  if (begins(bytes, "%PDF")) return "a PDF";
  if (head.includes("<svg")) return "an SVG";
  if (head.startsWith("<!doctype html") || head.startsWith("<html")) return "a web page";
  if (begins(bytes, "BM")) return "a BMP";
  if (begins(bytes, "II*\0") || begins(bytes, "MM\0*")) return "a TIFF";
  if (begins(bytes, "PK\x03\x04")) return "a ZIP archive";
  if (/^ftyp(avi[fs]|hei[cfsx]|mif1)/.test(Buffer.from(bytes.subarray(4, 12)).toString("latin1"))) return "a HEIC or AVIF picture";
  if (begins(bytes, "ftyp", 4)) return "a video";
  return "something else";
}

const allowed = "Pictures are taken as PNG, JPEG or WebP.";

export function notAPicture(bytes: Uint8Array): Failure {
  return new Failure("unsupported_media", `This is no such picture but ${otherKind(bytes)}. ${allowed} Convert it, then send it again.`);
}

/** @param reason such as "it ends too early" */
export function brokenPicture(reason: string, cause?: unknown): Failure {
  return new Failure("unsupported_media", `The picture is broken: ${reason}. ${allowed} Save or export it again, then send that.`, {
    cause,
  });
}

export function tooManyPixels(limit: number): Failure {
  return new Failure(
    "unsupported_media",
    `The picture has more than ${Math.round(limit / 1e6)} megapixels. ${allowed} Scale it down, then send it again.`,
  );
}
