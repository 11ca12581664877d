/** What a tool works on: the right kind of file, or a refusal that says what is needed. */
import { Failure } from "../core/failure.ts";
import { kindWords } from "../core/kinds.ts";
import type { Engine } from "../core/ports/engine.ts";
import type { Source } from "../core/source.ts";
import { stageOf } from "../core/source.ts";

export const isVideo = ({ mediaType }: Pick<Source, "mediaType">): boolean => mediaType.startsWith("video/");
const isSound = ({ mediaType }: Pick<Source, "mediaType">): boolean => mediaType.startsWith("audio/");

/** Whether a file of the kind that was asked for is there to be heard. Failure `unsupported_media`. */
export function needsSound(source: Source, tool: string): Source {
  if (isSound(source) || (isVideo(source) && source.sound !== false)) return source;
  const what = isVideo(source) ? "a video without sound" : kindWords(source.mediaType);
  throw new Failure(
    "unsupported_media",
    `${source.name} is ${what}; ${tool} needs a recording (WAV, MP3, OGG, M4A, FLAC, or a video with sound). Attach one.`,
  );
}

export function needsVideo(source: Source, tool: string): Source {
  if (isVideo(source)) return source;
  throw new Failure(
    "unsupported_media",
    `${source.name} is ${kindWords(source.mediaType)}; ${tool} needs a video (MP4, WebM or MOV). Attach one, or name one that was made here.`,
  );
}

/** For a stage: jobs of its tree are told apart by name, not by a title that repeats the input. */
export const titled = (what: string, name: string): string => `${what}: ${name.replace(/\s+/g, " ").slice(0, 110)}`;

/** Only stands in for a real engine. */
export const standsIn = ({ id }: Pick<Engine, "id">): boolean => id === "preview";

/** Names a file to a person: a stage that is not made yet by its name. */
export const nameOf = ({ id, name }: Source): string => (stageOf(id) === undefined ? name : `the ${stageOf(id)}`);
