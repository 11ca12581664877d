/** All prompts, in the order in which they are shown; which of them are offered depends on the catalogue. */
import { portraitSeries } from "./portrait-series.ts";
import { productShot } from "./product-shot.ts";
import type { StudioPrompt } from "./prompt.ts";
import { talkingHead } from "./talking-head.ts";
import { trainLoraFromPhotos } from "./train-lora-from-photos.ts";

export const prompts: readonly StudioPrompt[] = [portraitSeries, productShot, trainLoraFromPhotos, talkingHead];
