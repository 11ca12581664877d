/** What we must know of a file that a person brings or an engine made, and what is said in it. */
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

/** A file that can be read anywhere, without all of it in memory. */
export interface MediaSource {
  bytes: number;
  /** The bytes from one place up to, not with, another. Both lie within the file. */
  read(from: number, to: number): Promise<Uint8Array>;
}

/** What sound and video are, as far as it can be told. */
export interface MediaFacts {
  /** Length. */
  seconds?: number;
  /** Pixels as it is seen, of a video. */
  width?: number;
  height?: number;
  /** Whether a video has sound. */
  sound?: boolean;
}

export interface Media {
  /** By the first bytes (512, or all), never by the name, which is for the words alone. Failure `unsupported_media` for what is not taken. A picture is for `inspect`. */
  tell(head: Uint8Array, name: string): "picture" | FileCheck;
  /** Reads the bytes, not the name. Failure `unsupported_media` for anything that is not a whole PNG, JPEG or WebP picture. */
  inspect(bytes: Uint8Array): Promise<PictureInfo>;
  /**
   * Length, size and sound of a sound or video by its index, in little memory, time and work; nothing of any other type, or of a codec that is not known.
   * Failure `unsupported_media` where the index is broken, or leads to no end.
   */
  describe(source: MediaSource, mediaType: string): Promise<MediaFacts>;
  /**
   * The same pixels, frames and sound with the recipe inside, in place of what an engine said there; and with `trainedAlgorithmicMedia` for generated ones: PNG, JPEG, WebP, MP4, MOV, M4A, WebM,
   * WAV, MP3, Ogg, FLAC, told by the bytes. Other types come back unchanged. Failure `unsupported_media` for a file that is not whole.
   */
  stamp(bytes: Uint8Array, mediaType: string, recipe: Recipe): Promise<Uint8Array>;
  /**
   * The same pixels (orientation applied), frames and sound without any metadata but the mark `trainedAlgorithmicMedia`, where it was there. Failure `unsupported_media` for other files, and for one that is
   * not whole.
   */
  strip(bytes: Uint8Array, mediaType: string): Promise<Uint8Array>;
  /** Longest side ≤ `side` pixels; JPEG on white, for programs that read no WebP. */
  thumbnail(bytes: Uint8Array, side: number, as?: "webp" | "jpeg"): Promise<Uint8Array>;
}
