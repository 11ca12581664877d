/** From an answer to pictures: looked into, because neither the status nor the length of a base64 text says that there is one. */
import sharp from "sharp";
import { noPicture } from "./failures.ts";

export interface Picture {
  mediaType: string;
  bytes: Buffer;
  width: number;
  height: number;
}

const types: Record<string, string> = { png: "image/png", jpeg: "image/jpeg", webp: "image/webp" };

/** Failure `engine_failed` for anything that is no whole PNG, JPEG or WebP. */
export async function pictureFrom(base64: string): Promise<Picture> {
  const bytes = Buffer.from(base64.replace(/^data:[^,]*,/, ""), "base64");
  try {
    const { format } = await sharp(bytes).metadata();
    // decodes it all: a picture that broke off has a header too
    const { info } = await sharp(bytes, { failOn: "error" }).raw().toBuffer({ resolveWithObject: true });
    const mediaType = types[format];
    if (mediaType) return { mediaType, bytes, width: info.width, height: info.height };
  } catch {
    // said below
  }
  throw noPicture("what it gave is no whole picture");
}
