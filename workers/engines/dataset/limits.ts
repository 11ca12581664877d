/** The numbers that a dataset keeps to; every refusal names the one it met. */
import { datasetPictures } from "../../../core/asset.ts";

export const { least: minPictures, most: maxPictures } = datasetPictures;
/** Pixels of the short side below which a picture is left out. */
export const minSide = 256;
/** Pixels above which nothing is decoded. */
export const maxPixels = 100_000_000;
/** Bytes of one picture. */
export const maxPictureBytes = 50_000_000;
/** A small picture is enlarged by no more than this. */
export const maxEnlargement = 1.5;
/** Characters of a caption. */
export const maxCaption = 1000;

export const archives = {
  /** Archives of one dataset. */
  maxCount: 20,
  /** Bytes of one archive. */
  maxBytes: 1_000_000_000,
  /** Files in one archive, pictures or not. */
  maxEntries: 10_000,
  /** Bytes of the pictures in one archive, unpacked: photos hardly get smaller by packing. */
  maxUnpacked: 2_000_000_000,
  /** Times that a file may grow when unpacked; checked from a megabyte on. No photo comes near it. */
  maxRatio: 100,
};
