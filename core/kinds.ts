/** What kind of thing a file is, told from its media type: the words for it, and the refusal of a tool that needs a picture. */
import type { Artifact } from "./artifact.ts";
import { Failure } from "./failure.ts";

const words: [RegExp, string][] = [
  [/^image\//, "a picture"],
  [/^audio\//, "audio"],
  [/^video\//, "a video"],
  [/^application\/zip$/, "a ZIP archive"],
  [/^application\/x-safetensors$/, "a file of model weights (.safetensors)"],
];

/** Such as `audio` or `a video`. */
export function kindWords(mediaType: string): string {
  return words.find(([type]) => type.test(mediaType))?.[1] ?? "a file of another kind";
}

/** Failure `unsupported_media` where it is no picture. @param needs the tool or field that asks, such as `upscale_image`. */
export function pictureSize(
  artifact: Pick<Artifact, "name" | "mediaType" | "width" | "height">,
  needs: string,
): { width: number; height: number } {
  const { name, mediaType, width, height } = artifact;
  // a video has a size too
  if (mediaType.startsWith("image/") && width && height) return { width, height };
  throw new Failure(
    "unsupported_media",
    `${name} is ${kindWords(mediaType)}; ${needs} needs a picture (PNG, JPEG or WebP). Attach one, or name one that was made here.`,
  );
}
