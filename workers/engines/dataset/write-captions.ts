/** Gives each picture its caption: the person's own, else a vision model's, else the person's words about all of them, else none. */
import type { DatasetDetails } from "../../../core/asset.ts";
import type { DatasetRequest, Run } from "../../../core/ports/engine.ts";
import { unlessAborted } from "./abort.ts";
import { bucketFor } from "./buckets.ts";
import { type Captioner, modelCaption, wordsCaption } from "./captions.ts";
import { listed } from "./left-out.ts";
import type { Looked } from "./look.ts";
import { cropped } from "./pixels.ts";

export interface Captions {
  /** One a picture. */
  lines: string[];
  by: DatasetDetails["captionedBy"];
  warnings: string[];
}

/** For all of them, where no model looks. */
function byWords(pictures: readonly Looked[], request: DatasetRequest): Omit<Captions, "warnings"> {
  const line = wordsCaption(request);
  return { lines: pictures.map(() => line), by: line === "" ? "none" : "words" };
}

/** Failures in a row after which the model is not asked again. */
const patience = 3;

async function ask(captioner: Captioner, picture: Looked, resolution: number, signal: AbortSignal): Promise<string> {
  const bytes = await picture.brought.read(signal);
  const shown = await cropped(bytes, bucketFor(picture, resolution)).jpeg({ quality: 90 }).toBuffer();
  const line = modelCaption(await captioner.caption(shown, signal));
  if (line === "") throw new Error("the model said nothing that is a caption");
  return line;
}

async function byModel(captioner: Captioner, pictures: readonly Looked[], request: DatasetRequest, run: Run): Promise<Captions> {
  const words = byWords(pictures, request);
  const lines: string[] = [];
  const without: string[] = [];
  let inARow = 0;
  for (const [index, picture] of pictures.entries()) {
    const note = `${captioner.name} describes picture ${index + 1} of ${pictures.length}`;
    run.progress({ stage: "captioning", fraction: 0.3 + 0.4 * (index / pictures.length), step: index + 1, steps: pictures.length, note });
    try {
      if (inARow >= patience) throw new Error("the model is not asked any more");
      lines.push(await unlessAborted(run.signal, ask(captioner, picture, request.resolution, run.signal)));
      inARow = 0;
    } catch (error) {
      run.signal.throwIfAborted();
      run.log.warn({ err: error, picture: index }, "a picture was not described");
      inARow++;
      without.push(picture.brought.name);
      lines.push(words.lines[index] ?? "");
    }
  }
  const instead = words.by === "none" ? "no caption" : "your words instead";
  const warning = `${captioner.name} could not describe ${without.length} of ${pictures.length}, which have ${instead}: ${listed(without)}.`;
  return { lines, by: without.length < pictures.length ? "model" : words.by, warnings: without.length > 0 ? [warning] : [] };
}

/** @param find looks for a vision model; undefined where there is none. */
export async function writeCaptions(
  pictures: readonly Looked[],
  request: DatasetRequest,
  find: (signal: AbortSignal) => Promise<Captioner | undefined>,
  run: Run,
): Promise<Captions> {
  run.progress({ stage: "captioning", fraction: 0.3 });
  if (request.captions.length > 0)
    return { lines: pictures.map(({ index }) => (request.captions[index] ?? "").trim()), by: "person", warnings: [] };
  const captioner = await unlessAborted(run.signal, find(run.signal));
  if (!captioner) return { ...byWords(pictures, request), warnings: [] };
  try {
    return await byModel(captioner, pictures, request, run);
  } finally {
    const given = captioner.done().catch((error: unknown) => run.log.warn({ err: error }, "the vision model keeps its memory"));
    // a job that was stopped ends at once
    if (!run.signal.aborted) await given;
  }
}
