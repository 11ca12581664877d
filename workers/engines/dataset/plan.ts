/** What is refused before anything is opened: by the request and by what is known of the files. */
import type { Artifact } from "../../../core/artifact.ts";
import { Failure } from "../../../core/failure.ts";
import type { DatasetRequest } from "../../../core/ports/engine.ts";
import { checkCaptions } from "./captions.ts";
import { archives, maxPictures, minPictures } from "./limits.ts";
import { shownName } from "./names.ts";
import { checkType, zipType } from "./sources.ts";

export function tooMany(count: number): Failure {
  return new Failure(
    "invalid_input",
    `${count} photos are too many: a dataset has ${minPictures} to ${maxPictures}. 15 to 50 good ones teach more than hundreds of alike ones. Choose the best.`,
  );
}

function tooFew(count: number): Failure {
  return new Failure(
    "invalid_input",
    `${count} ${count === 1 ? "photo is" : "photos are"} too few: a dataset has ${minPictures} to ${maxPictures}. Add at least ${minPictures - count} more, each with another view or another light.`,
  );
}

function checkArchives(zips: readonly Artifact[]): void {
  if (zips.length > archives.maxCount)
    throw new Failure(
      "invalid_input",
      `${zips.length} archives are too many: at most ${archives.maxCount}. Put the photos into fewer ones.`,
    );
  const large = zips.find(({ bytes }) => bytes > archives.maxBytes);
  if (large)
    throw new Failure(
      "invalid_input",
      `${shownName(large.name)} has more than ${archives.maxBytes / 1e6} MB; that is the most. Send the photos in several archives.`,
    );
}

/** How many pictures there will be: with an archive that is not known yet, and the fewest that it takes are counted on. */
export function countPictures(request: DatasetRequest, sources: readonly Artifact[]): number {
  for (const source of sources) checkType(source);
  const zips = sources.filter(({ mediaType }) => mediaType === zipType);
  const pictures = sources.length - zips.length;
  checkArchives(zips);
  if (pictures > maxPictures) throw tooMany(pictures);
  if (zips.length === 0 && pictures < minPictures) throw tooFew(pictures);
  checkCaptions(request.captions, zips.length === 0 ? pictures : undefined);
  return zips.length === 0 ? pictures : Math.max(pictures, minPictures);
}
