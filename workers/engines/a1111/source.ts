/** The picture that a job starts from, as A1111 shall see it: as large as the result, its middle, without anything but pixels. */
import sharp from "sharp";
import type { Run } from "../../../core/ports/engine.ts";
import { notAPicture, sourcePicture } from "../source-picture.ts";

/** A PNG of exactly this size. Failure `unsupported_media`. */
export async function sourceFor(run: Run, id: string, size: { width: number; height: number }): Promise<Buffer> {
  const { artifact, bytes } = await sourcePicture(run, id);
  try {
    return await sharp(bytes, { failOn: "error" })
      .autoOrient()
      .resize(size.width, size.height, { fit: "cover", kernel: "lanczos3" })
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .png({ compressionLevel: 3 })
      .toBuffer();
  } catch (error) {
    throw notAPicture(artifact.name, error);
  }
}
