/** Engine `clips`: a picture or video, speech and captions become one MP4. Needs no card. */
import { Failure, toFailure } from "../../../core/failure.ts";
import type { Engine } from "../../../core/ports/engine.ts";
import type { ClipCapability } from "../../../core/ports/video.ts";
import type { Source } from "../../../core/source.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";
import { joinClip, version } from "./join.ts";
import { checkSeconds, clipSize } from "./size.ts";

export interface ClipsOptions {
  ffmpeg: Ffmpeg;
  /** Folder for temporary files. */
  scratch?: string;
}

/** Characters of captions: what is said in ten minutes. */
const mostCaption = 20_000;
/** Of a file whose size is not known yet. */
const usualSide = 1024;

function checkSources(picture: Source, sound: Source | undefined): "picture" | "video" {
  const kind = picture.mediaType.startsWith("video/") ? "video" : "picture";
  if (kind === "picture" && !picture.mediaType.startsWith("image/"))
    throw new Failure(
      "invalid_input",
      `${picture.name} is neither a picture nor a video (${picture.mediaType}). Give one, and the sound as sound.`,
    );
  if (sound && !/^(audio|video)\//.test(sound.mediaType))
    throw new Failure("invalid_input", `${sound.name} is no sound (${sound.mediaType}). Give a recording or speech.`);
  if (sound?.mediaType.startsWith("video/") && sound.sound === false)
    throw new Failure("invalid_input", `${sound.name} is a video without sound. Give a recording or speech, or leave the sound out.`);
  return kind;
}

export function createClips(options: ClipsOptions): Engine & { clip: ClipCapability } {
  const about = { id: "clips", title: "Clips" };
  return {
    ...about,
    gpu: false,
    families: ["clips"],
    async status() {
      try {
        const { version: ffmpeg, from } = await options.ffmpeg.describe();
        return { ...about, state: "ready", version, note: `ffmpeg ${ffmpeg}${from === "package" ? ", of the installed package" : ""}` };
      } catch (error) {
        return { ...about, state: "absent", fix: toFailure(error).message };
      }
    },
    models: async () => ({ engine: about.title, checkpoints: [], loras: [], upscalers: [] }),
    clip: {
      async plan({ seconds, captions }, { picture, sound }) {
        checkSeconds(seconds);
        const kind = checkSources(picture, sound);
        if (captions && captions.text.length > mostCaption)
          throw new Failure(
            "invalid_input",
            `The captions have ${captions.text.length} characters; at most ${mostCaption}. Make several clips.`,
          );
        await options.ffmpeg.describe();
        return { family: "clips", vramGb: 0, ...clipSize(picture.width ?? usualSide, picture.height ?? usualSide, kind) };
      },
      join: (request, run) => joinClip(request, options, run),
    },
  };
}
