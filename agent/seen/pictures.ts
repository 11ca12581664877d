/** The pictures that a model which sees is shown with a turn: what is attached, or what the person asks about. Of a video one frame. */
import type { Artifact } from "../../core/artifact.ts";
import type { Memory } from "../memory/memory.ts";
import type { ShownPicture } from "../model/pictures.ts";
import type { Turn } from "../turn.ts";
import { askedAbout } from "./asked-about.ts";

/** More would fill the context of a small model: one picture takes about as much as 800 words. */
const most = 4;
/** Four of 640 pixels and the catalogue still fit into 8192 tokens with the models that count most for a picture (a token for 28 × 28 pixels). */
const longestSide = (pictures: number): number => (pictures > 1 ? 640 : 1024);

/** Ids that the words are about. */
function picturesMeant(text: string, memory: Memory): readonly string[] {
  return memory.attachments.length > 0 ? memory.attachments : askedAbout(text, memory);
}

/** One line of JSON: a name cannot pass for anything else. */
const labelOf = ({ id, name, poster, seconds }: Artifact): string =>
  `DATA ${JSON.stringify({ artifact_id: id, name: name.slice(0, 100), ...(poster === undefined ? {} : { kind: "one frame of a video", seconds }) })}`;

/** A file that is no picture, or whose picture cannot be made small, is told by id and name alone. */
export async function picturesFor(turn: Turn): Promise<ShownPicture[]> {
  const { studio, log } = turn.parts;
  const shown: ShownPicture[] = [];
  const meant = picturesMeant(turn.request.text, await turn.memory());
  for (const id of meant) {
    if (shown.length === most) break;
    try {
      const artifact = await studio.artifact(turn.request.principal, id);
      const { mediaType, poster } = artifact;
      const seen = mediaType.startsWith("image/") ? artifact : poster && (await studio.artifact(turn.request.principal, poster));
      const jpeg = seen ? await studio.thumbnail(seen, longestSide(meant.length), "jpeg") : undefined;
      if (jpeg) shown.push({ label: labelOf(artifact), jpeg });
    } catch (error) {
      log.warn({ err: error, artifact: id }, "a picture could not be shown to the chat model");
    }
    turn.signal.throwIfAborted();
  }
  return shown;
}
