/** What we must know of a file that a person brings, and do to a picture. */
import type { Recipe } from "../artifact.ts";

export interface PictureInfo {
  mediaType: "image/png" | "image/jpeg" | "image/webp";
  width: number;
  height: number;
}

/** A file that is no picture, looked through while it passes by, in little memory. */
export interface FileCheck {
  /** Failure `unsupported_media` where it is broken. */
  feed(chunk: Uint8Array): void;
  /** After the last byte: what it is. Failure `unsupported_media` where it ends too early. */
  end(): { mediaType: string; ending: string };
}

export interface Media {
  /** By the first bytes (512, or all), never by the name, which is for the words alone. Failure `unsupported_media` for what is not taken. A picture is for `inspect`. */
  tell(head: Uint8Array, name: string): "picture" | FileCheck;
  /** Reads the bytes, not the name. Failure `unsupported_media` for anything that is not a whole PNG, JPEG or WebP picture. */
  inspect(bytes: Uint8Array): Promise<PictureInfo>;
  /** The same pixels with the recipe inside: PNG text and XMP with `trainedAlgorithmicMedia` for generated ones. Other types come back unchanged. */
  stamp(bytes: Uint8Array, mediaType: string, recipe: Recipe): Promise<Uint8Array>;
  /** The same pixels without any metadata (orientation applied). */
  strip(bytes: Uint8Array, mediaType: string): Promise<Uint8Array>;
  /** Longest side ≤ `side` pixels; JPEG on white, for programs that read no WebP. */
  thumbnail(bytes: Uint8Array, side: number, as?: "webp" | "jpeg"): Promise<Uint8Array>;
}
