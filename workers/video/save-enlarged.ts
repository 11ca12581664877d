/** Publishes an enlarged video with its recipe and poster. */
import { createReadStream } from "node:fs";
import type { Run } from "../../core/ports/engine.ts";
import { upscaledName } from "../../core/slug.ts";
import type { Enlarged } from "./enlarge.ts";

export async function saveEnlarged(
  run: Run,
  { path, poster, source, frames }: Enlarged,
  made: { engine: { id: string; version: string }; model: string; scale: number },
): Promise<void> {
  await run.save({
    name: upscaledName(source.name, made.scale, "mp4"),
    mediaType: "video/mp4",
    body: createReadStream(path),
    poster,
    recipe: {
      tool: run.job.tool,
      input: run.job.input,
      engine: made.engine,
      // the enlargement is real, even that of a stand-in: `source_preview` says where the video came from
      preview: false,
      // enlarging sharpens and invents nothing: what was filmed stays so
      generated: source.recipe?.generated ?? false,
      details: {
        ...{ model: made.model, scale: made.scale, frames, source: source.id },
        ...(source.recipe?.preview ? { source_preview: true } : {}),
      },
    },
  });
}
