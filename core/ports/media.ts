/** What we must know of, and do to, a picture file. */
import type { Recipe } from "../artifact.ts";

export interface PictureInfo {
  mediaType: "image/png" | "image/jpeg" | "image/webp";
  width: number;
  height: number;
}

export interface Media {
  /** Reads the bytes, not the name. Failure `unsupported_media` for anything that is not a whole PNG, JPEG or WebP picture. */
  inspect(bytes: Uint8Array): Promise<PictureInfo>;
  /** The same pixels with the recipe inside: PNG text and XMP with `trainedAlgorithmicMedia` for generated ones. Other types come back unchanged. */
  stamp(bytes: Uint8Array, mediaType: string, recipe: Recipe): Promise<Uint8Array>;
  /** The same pixels without any metadata (orientation applied). */
  strip(bytes: Uint8Array, mediaType: string): Promise<Uint8Array>;
  /** WebP, longest side ≤ `side` pixels. */
  thumbnail(bytes: Uint8Array, side: number): Promise<Uint8Array>;
}
