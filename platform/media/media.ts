/** Pictures: looked into, marked with their recipe, freed of all marks, made small. */
import type { Recipe } from "../../core/artifact.ts";
import type { Media } from "../../core/ports/media.ts";
import { decode, decoded, maxPixels } from "./decoder.ts";
import { jpegXmp, stampJpeg, stripJpeg } from "./jpeg.ts";
import { brokenPicture, notAPicture, type PictureType, pictureType, tooManyPixels } from "./kinds.ts";
import { type Marks, marksOf, recipeFromJson, recipeFromXmp, recipeKey } from "./marks.ts";
import { pngTexts, stampPng, stripPng } from "./png.ts";
import { tell } from "./tell.ts";
import { isAnimated, isLossless, stampWebp, stripWebp, webpXmp } from "./webp.ts";

interface Container {
  /** Throws where the file is not whole. */
  strip(bytes: Uint8Array): Uint8Array;
  stamp(bytes: Uint8Array, marks: Marks): Uint8Array;
  recipe(bytes: Uint8Array): Recipe | undefined;
}

const containers: Record<PictureType, Container> = {
  "image/png": { strip: stripPng, stamp: stampPng, recipe: (bytes) => recipeFromJson(pngTexts(bytes).get(recipeKey) ?? "") },
  "image/jpeg": { strip: stripJpeg, stamp: stampJpeg, recipe: (bytes) => recipeFromXmp(jpegXmp(bytes) ?? "") },
  "image/webp": { strip: stripWebp, stamp: stampWebp, recipe: (bytes) => recipeFromXmp(webpXmp(bytes) ?? "") },
};

/** The recipe that `stamp` put in, if there is one. */
export function readRecipe(bytes: Uint8Array): Recipe | undefined {
  const type = pictureType(bytes);
  return type && containers[type].recipe(bytes);
}

/** The picture as its EXIF orientation asks to see it. Only where that differs are pixels encoded again: without loss where they were, else as well as can be. */
async function upright(bytes: Uint8Array, type: PictureType): Promise<Uint8Array> {
  const { orientation = 1, depth } = await decoded((await decode(bytes)).metadata());
  if (orientation === 1) return bytes;
  const turned = (await decode(bytes)).autoOrient().keepIccProfile();
  if (type === "image/jpeg") turned.jpeg({ quality: 95, chromaSubsampling: "4:4:4" });
  else if (type === "image/webp") turned.webp(isLossless(bytes) ? { lossless: true, exact: true } : { quality: 95 });
  else (depth === "ushort" ? turned.toColourspace("rgb16") : turned).png();
  return decoded(turned.toBuffer());
}

export function createMedia(): Media {
  return {
    tell,

    async inspect(bytes) {
      const mediaType = pictureType(bytes);
      if (!mediaType) throw notAPicture(bytes);
      const { autoOrient } = await decoded((await decode(bytes)).metadata());
      const { width, height } = autoOrient;
      if (width * height > maxPixels) throw tooManyPixels(maxPixels);
      containers[mediaType].strip(bytes);
      if (mediaType === "image/webp" && isAnimated(bytes))
        throw brokenPicture("it is an animation, which is not taken; a still picture is");
      // one pixel needs them all, but never all at once in memory
      await decoded((await decode(bytes, { sequentialRead: true })).resize(1, 1, { fit: "fill" }).raw().toBuffer());
      return { mediaType, width, height };
    },

    async stamp(bytes, _mediaType, recipe) {
      const type = pictureType(bytes);
      return type ? containers[type].stamp(await upright(bytes, type), marksOf(recipe)) : bytes;
    },

    async strip(bytes) {
      const type = pictureType(bytes);
      if (!type) throw notAPicture(bytes);
      return containers[type].strip(await upright(bytes, type));
    },

    async thumbnail(bytes, side, as = "webp") {
      if (!pictureType(bytes)) throw notAPicture(bytes);
      const small = (await decode(bytes)).autoOrient().resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });
      // the usual effort of 4 costs three times the processor for a file that is hardly smaller
      const encoded =
        as === "jpeg" ? small.flatten({ background: "#ffffff" }).jpeg({ quality: 85 }) : small.webp({ quality: 80, effort: 1 });
      return decoded(encoded.toBuffer());
    },
  };
}
