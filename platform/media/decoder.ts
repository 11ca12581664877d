/** sharp, loaded when the first picture comes: it costs 30 MB and most processes of ours never see one. */
import type { Sharp, SharpOptions } from "sharp";
import { brokenPicture, tooManyPixels } from "./kinds.ts";

/** Pixels of a picture we decode: above what we upscale to, far below what a small file could blow up to. */
export const maxPixels = 100_000_000;

let loading: Promise<(input: Uint8Array, options?: SharpOptions) => Sharp> | undefined;

/** A picture to decode: at most `maxPixels`, and whole or an error. */
export async function decode(bytes: Uint8Array, options: SharpOptions = {}): Promise<Sharp> {
  loading ??= import("sharp").then(({ default: sharp }) => {
    // an idle studio keeps no pixels and no threads; one picture at a time is what it makes anyway
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return (await loading)(bytes, { limitInputPixels: maxPixels, failOn: "error", ...options });
}

/** What libvips says, as a Failure `unsupported_media`. */
export async function decoded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (/pixel limit/i.test(String(error))) throw tooManyPixels(maxPixels);
    throw brokenPicture("it cannot be decoded to its end", error);
  }
}
