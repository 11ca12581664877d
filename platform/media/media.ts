/** Pictures, sound and video: looked into, marked with their recipe, freed of all but the mark of what a model generated; pictures made small. */
import type { Recipe } from "../../core/artifact.ts";
import type { Media } from "../../core/ports/media.ts";
import { bufferOf, type Container, saidByXmp } from "./containers/container.ts";
import { flac } from "./containers/flac.ts";
import { iso } from "./containers/iso.ts";
import { mp3 } from "./containers/mp3.ts";
import { ogg } from "./containers/ogg.ts";
import { wav } from "./containers/wav.ts";
import { webm } from "./containers/webm.ts";
import { decode, decoded, maxPixels } from "./decoder.ts";
import { createDescribe } from "./describe/describe.ts";
import { jpegXmp, stampJpeg, stripJpeg } from "./jpeg.ts";
import { brokenPicture, notAPicture, notStripped, type PictureType, pictureType, tooManyPixels } from "./kinds.ts";
import { markAlone, markIn, marksOf, recipeFromJson, recipeKey } from "./marks.ts";
import { pngTexts, pngXmp, stampPng, stripPng } from "./png.ts";
import { type Format, formatOf, tell } from "./tell.ts";
import { isAnimated, isLossless, stampWebp, stripWebp, webpXmp } from "./webp.ts";

const pictures: Record<PictureType, Container> = {
  "image/png": {
    strip: stripPng,
    stamp: stampPng,
    said: (bytes) => ({ recipe: recipeFromJson(pngTexts(bytes).get(recipeKey) ?? ""), sourceType: markIn(pngXmp(bytes) ?? "") }),
  },
  "image/jpeg": { strip: stripJpeg, stamp: stampJpeg, said: (bytes) => saidByXmp(jpegXmp(bytes)) },
  "image/webp": { strip: stripWebp, stamp: stampWebp, said: (bytes) => saidByXmp(webpXmp(bytes)) },
};

const others: Partial<Record<Format, Container>> = { wav, mp3, ogg, flac, webm, iso };

function otherContainer(bytes: Uint8Array): Container | undefined {
  const format = formatOf(bufferOf(bytes.subarray(0, 512)));
  return format && others[format];
}

/** The recipe that `stamp` put in, if there is one. */
export function readRecipe(bytes: Uint8Array): Recipe | undefined {
  const type = pictureType(bytes);
  return (type ? pictures[type] : otherContainer(bytes))?.said(bytes).recipe;
}

/** Without anything that is said about it, but that a model generated it: nobody is to pass that on as a photo. */
function stripped(container: Container, bytes: Uint8Array): Uint8Array {
  const { recipe, sourceType } = container.said(bytes);
  const mark = recipe ? marksOf(recipe).sourceType : sourceType;
  return mark ? container.stamp(bytes, markAlone(mark)) : container.strip(bytes);
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

async function strippedPicture(bytes: Uint8Array, type: PictureType): Promise<Uint8Array> {
  const turned = await upright(bytes, type);
  // an encoder leaves out what was said
  const mark = turned === bytes ? undefined : pictures[type].said(bytes).sourceType;
  return mark ? pictures[type].stamp(turned, markAlone(mark)) : stripped(pictures[type], turned);
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
      pictures[mediaType].strip(bytes);
      if (mediaType === "image/webp" && isAnimated(bytes))
        throw brokenPicture("it is an animation, which is not taken; a still picture is");
      // one pixel needs them all, but never all at once in memory
      await decoded((await decode(bytes, { sequentialRead: true })).resize(1, 1, { fit: "fill" }).raw().toBuffer());
      return { mediaType, width, height };
    },

    describe: createDescribe(),

    async stamp(bytes, _mediaType, recipe) {
      const type = pictureType(bytes);
      if (type) return pictures[type].stamp(await upright(bytes, type), marksOf(recipe));
      return otherContainer(bytes)?.stamp(bytes, marksOf(recipe)) ?? bytes;
    },

    async strip(bytes) {
      const type = pictureType(bytes);
      if (type) return strippedPicture(bytes, type);
      const container = otherContainer(bytes);
      if (!container) throw notStripped(bytes);
      return stripped(container, bytes);
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
