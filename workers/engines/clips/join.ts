/** Makes the clip that was planned. */
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "../../../core/ports/engine.ts";
import type { ClipRequest } from "../../../core/ports/video.ts";
import { slug } from "../../../core/slug.ts";
import { type Ffmpeg, posterOf, probe, withFolder } from "../../ffmpeg/index.ts";
import { type ClipParts, clipArguments, framesIn } from "./arguments.ts";
import { type Caption, captionsOf, trackLanguage, webVtt } from "./captions.ts";
import { layShown, laySpoken, type Shown, type Spoken } from "./inputs.ts";
import { canDraw, captionStrip, previewLabel } from "./letters.ts";
import { checkSeconds } from "./size.ts";

/** Changes whenever the same pieces would become another clip. */
export const version = "1";

/** What carries its recipe is held in memory when it is stored: a little below what is taken there. */
const limitBytes = 480_000_000;

/** A list of strips, each with its seconds: one input however many captions there are. */
async function writeStrips(captions: readonly Caption[], seconds: number, shown: Shown, folder: string): Promise<string> {
  const entries: string[] = [];
  const write = async (name: string, lines: readonly string[], length: number): Promise<void> => {
    await writeFile(join(folder, name), await captionStrip(lines, shown));
    entries.push(`file ${name}\nduration ${length.toFixed(3)}`);
  };
  for (const [index, { lines, start, end }] of captions.entries()) await write(`strip-${index}.png`, lines, end - start);
  const said = captions.at(-1)?.end ?? 0;
  await write("strip-none.png", [], Math.max(0.1, seconds - said));
  // the last length of such a list only counts where something follows
  await writeFile(join(folder, "strips.txt"), `ffconcat version 1.0\n${entries.join("\n")}\nfile strip-none.png\n`);
  return "strips.txt";
}

async function captionParts(request: ClipRequest, seconds: number, shown: Shown, spoken: Spoken | undefined, folder: string) {
  const { captions } = request;
  const said = Math.min(spoken?.seconds ?? seconds, seconds);
  const list = captions ? captionsOf(captions.text, said) : [];
  if (!captions || list.length === 0) return { parts: {}, captions: "none" };
  await writeFile(join(folder, "captions.vtt"), webVtt(list));
  const track = { file: "captions.vtt", language: trackLanguage(captions.language) };
  if (!canDraw(captions.text)) return { parts: { track }, captions: "track" };
  return { parts: { track, strips: await writeStrips(list, seconds, shown, folder) }, captions: "burned in and track" };
}

export async function joinClip(request: ClipRequest, { ffmpeg, scratch }: { ffmpeg: Ffmpeg; scratch?: string }, run: Run): Promise<void> {
  checkSeconds(request.seconds);
  run.progress({ stage: "joining", fraction: 0 });
  await withFolder(scratch, async (folder) => {
    const shown = await layShown(request, run, folder);
    const spoken = await laySpoken(request, run, folder);
    run.progress({ stage: "joining", fraction: 0.08 });
    const inputs = [shown.artifact, ...(spoken ? [spoken.artifact] : [])];
    const preview = inputs.some(({ recipe }) => recipe?.preview);
    const seconds = framesIn(request.seconds, shown.fps) / shown.fps;
    const words = await captionParts(request, seconds, shown, spoken, folder);
    if (preview) await writeFile(join(folder, "label.png"), await previewLabel(shown));
    const parts: ClipParts = { shown, seconds, ...(spoken ? { spoken } : {}), ...words.parts, ...(preview ? { label: "label.png" } : {}) };
    const note = words.captions === "track" ? { note: "captions only as a track: the font has no letters for their script" } : {};
    const at = (done: number): void => run.progress({ stage: "encoding", fraction: 0.1 + 0.8 * Math.min(1, done / seconds), ...note });
    at(0);
    await ffmpeg.run([...clipArguments(parts), "clip.mp4"], {
      cwd: folder,
      signal: run.signal,
      onSeconds: at,
      limitSeconds: 3600,
      limitBytes,
    });
    const made = await probe(join(folder, "clip.mp4"));
    const poster = await posterOf(ffmpeg, join(folder, "clip.mp4"), run.signal);
    run.progress({ stage: "storing", fraction: 0.95, ...note });
    await run.save({
      name: `${slug(request.captions?.text ?? shown.artifact.name.replace(/\.[a-z0-9]{1,5}$/i, ""))}-clip.mp4`,
      mediaType: "video/mp4",
      body: createReadStream(join(folder, "clip.mp4")),
      poster,
      recipe: {
        tool: run.job.tool,
        input: run.job.input,
        engine: { id: "clips", version },
        preview,
        // joined by rules; but what it shows or says was made by a model
        generated: inputs.some(({ recipe }) => recipe?.generated),
        details: {
          ...{
            seconds: Math.round(made.seconds * 1000) / 1000,
            fps: shown.fps,
            width: shown.width,
            height: shown.height,
            captions: words.captions,
          },
          sources: inputs.map(({ id }) => id),
          ffmpeg: (await ffmpeg.describe()).version,
        },
      },
    });
  });
}
