/** From what was brought to a dataset: looked at, captioned, cropped, stored, and shown on one sheet. One picture at a time is in memory. */
import type { Recipe } from "../../../core/artifact.ts";
import type { DatasetPicture } from "../../../core/asset.ts";
import { Failure } from "../../../core/failure.ts";
import type { DatasetRequest, Run } from "../../../core/ports/engine.ts";
import { sheetName } from "../../../core/slug.ts";
import { createFaceFinder } from "../../faces/finder.ts";
import { unlessAborted } from "./abort.ts";
import { bucketFor, isSmallFor, type Size } from "./buckets.ts";
import { type Captioner, checkCaptions } from "./captions.ts";
import { type LeftOut, listed, reasonsOf } from "./left-out.ts";
import { maxPictures, minPictures } from "./limits.ts";
import { chooseUsable, type Looked } from "./look.ts";
import { cropped } from "./pixels.ts";
import { tooMany } from "./plan.ts";
import { blurredBelow } from "./sharpness.ts";
import { createSheet, type Sheet } from "./sheet.ts";
import { openSources, type Sources } from "./sources.ts";
import { writeCaptions } from "./write-captions.ts";

/** Changes whenever the same photos would be made into other ones. */
export const version = "1";

export interface MakeParts {
  scratch: string;
  findCaptioner(signal: AbortSignal): Promise<Captioner | undefined>;
}

function notEnough({ pictures, passedOver }: Sources, usable: number, leftOut: readonly LeftOut[]): Failure {
  const why = leftOut.length > 0 ? [`Left out: ${reasonsOf(leftOut).join("; ")}.`] : [];
  return new Failure(
    "invalid_input",
    [
      `Of ${pictures.length} photos ${usable} can be used; a dataset needs ${minPictures} to ${maxPictures}.`,
      ...why,
      ...passedOver,
      `Add at least ${minPictures - usable} more, then ask again.`,
    ].join(" "),
  );
}

function warningsAbout(usable: readonly Looked[], leftOut: readonly LeftOut[], resolution: number): string[] {
  const names = (pictures: readonly Looked[]) => listed(pictures.map(({ brought }) => brought.name));
  const blurred = usable.filter(({ sharpness }) => sharpness < blurredBelow);
  const few = usable.filter((picture) => isSmallFor(picture, resolution));
  return [
    ...reasonsOf(leftOut).map((reason) => `Left out: ${reason}.`),
    ...(blurred.length > 0 ? [`Blurred, and kept: ${names(blurred)}. A training learns the blur as well.`] : []),
    ...(few.length > 0 ? [`Smaller than ${resolution}x${resolution}, and kept: ${names(few)}. They will look soft.`] : []),
  ];
}

/** `07.png` among 12, `007.png` among 120. */
function fileName(index: number, count: number): string {
  return `${String(index + 1).padStart(Math.max(2, String(count).length), "0")}.png`;
}

function recipeOf(run: Run, more: Pick<Recipe, "details" | "part">): Recipe {
  return {
    tool: run.job.tool,
    // hundreds of captions, or of other pictures, are no recipe of one picture
    input: { ...run.job.input, captions: [], ...(more.part ? { pictures: [] } : {}) },
    engine: { id: "dataset", version },
    preview: false,
    generated: false,
    ...more,
  };
}

async function store(
  picture: Looked,
  name: string,
  size: Size,
  sheet: Sheet,
  run: Run,
): Promise<Pick<DatasetPicture, "artifact" | "sha256">> {
  const made = async () => {
    const body = await cropped(await picture.brought.read(run.signal), size)
      .png()
      .toBuffer();
    await sheet.add(body);
    return body;
  };
  const body = await unlessAborted(run.signal, made());
  const recipe = recipeOf(run, { part: true, details: { source: picture.brought.source, ...size } });
  await run.save({ name, mediaType: "image/png", body, recipe });
  return { artifact: run.artifactIdOf(name), sha256: run.sha256Of(name) };
}

export async function makeDataset(request: DatasetRequest, parts: MakeParts, run: Run): Promise<void> {
  run.progress({ stage: "checking", fraction: 0 });
  const sources = await openSources(request.pictures, run, parts.scratch);
  const faces = createFaceFinder();
  try {
    const brought = sources.pictures.length;
    if (brought > maxPictures) throw tooMany(brought);
    if (brought < minPictures) throw notEnough(sources, brought, []);
    checkCaptions(request.captions, brought);
    const { usable, leftOut } = await chooseUsable(sources.pictures, request.faces ? faces : undefined, run);
    if (usable.length < minPictures) throw notEnough(sources, usable.length, leftOut);
    const captions = await writeCaptions(usable, request, parts.findCaptioner, run);
    const pictures: DatasetPicture[] = [];
    const sheet = createSheet(usable.length);
    for (const [index, picture] of usable.entries()) {
      run.signal.throwIfAborted();
      run.progress({ stage: "storing", fraction: 0.7 + 0.3 * (index / usable.length), step: index + 1, steps: usable.length });
      const size = bucketFor(picture, request.resolution);
      const stored = await store(picture, fileName(index, usable.length), size, sheet, run);
      pictures.push({ number: index + 1, ...stored, ...size, caption: captions.lines[index] ?? "" });
    }
    const body = await unlessAborted(run.signal, sheet.jpeg());
    const recipe = recipeOf(run, { details: { pictures: pictures.length } });
    await run.save({ name: sheetName(request.name), mediaType: "image/jpeg", body, recipe });
    run.makeAsset({
      kind: "dataset",
      pictures,
      captionedBy: captions.by,
      warnings: [...warningsAbout(usable, leftOut, request.resolution), ...sources.passedOver, ...captions.warnings],
    });
  } finally {
    sources.close();
    await faces.close();
  }
}
