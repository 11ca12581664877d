/** Talking faces without a GPU: a drawn mouth that opens with the loudness of the sound, marked PREVIEW in the picture. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "../../../core/ports/engine.ts";
import type { Opener } from "../../../core/ports/sound.ts";
import type { LipsCapability, LipsPlan, LipsRequest } from "../../../core/ports/video.ts";
import { artifactName } from "../../../core/slug.ts";
import { type Source, stageOf } from "../../../core/source.ts";
import { bring } from "../../faces/bring.ts";
import { whichFace } from "../../faces/choose.ts";
import { fittedSize } from "../../faces/encode.ts";
import { createFaceFinder, type FaceFinder } from "../../faces/finder.ts";
import { publishTalking } from "../../faces/publish.ts";
import { checkTalk, faceKind } from "../../faces/sources.ts";
import { secondsOf, talkOf } from "../../faces/talk.ts";
import { type Ffmpeg, withFolder } from "../../ffmpeg/index.ts";
import { film, side } from "./lips-film.ts";

export interface PreviewLipsOptions {
  ffmpeg: Ffmpeg;
  /** The one that the process shares; an own one where it is absent. */
  faces?: FaceFinder;
  /** Folder for what is worked on. Default: the system's for temporary files. */
  scratch?: string;
}

/** Changes whenever the same request would be made otherwise. */
const version = "1";
const note =
  "A stand-in: a drawn mouth that opens with the sound, marked PREVIEW. For a face that really speaks, set up SadTalker under gpu-host (GPU_HOST_URL says where it is).";
const never = new AbortController().signal;

export function createPreviewLips({ ffmpeg, faces, scratch }: PreviewLipsOptions): LipsCapability {
  const finder = faces ?? createFaceFinder();

  /** A stand-in picture has no face; several are asked about as they would be by a real engine. */
  const lookAt = async (picture: Uint8Array, name: string, { who }: LipsRequest, signal: AbortSignal): Promise<void> => {
    const { length } = await finder.findFaces(picture, signal);
    if ((who === 0 && length > 1) || (length > 0 && who > length)) throw whichFace({ name, who, least: 0 }, length);
  };

  const plan = async (request: LipsRequest, { face, sound }: { face: Source; sound: Source }, open: Opener): Promise<LipsPlan> => {
    const kind = faceKind(face);
    checkTalk(sound);
    if (kind === "picture" && !stageOf(face.id)) await lookAt(await open(face.id), face.name, request, never);
    const heard = stageOf(sound.id) ? undefined : await talkOf(ffmpeg, await open(sound.id), sound.name, never);
    const size = fittedSize({ width: face.width ?? side, height: face.height ?? side }, side);
    return { family: "preview", vramGb: 0, seconds: heard ? secondsOf(heard) : (sound.seconds ?? 0), ...size, notes: [note] };
  };

  const check = async (request: LipsRequest, run: Run): Promise<void> =>
    withFolder(scratch, async (folder) => {
      if (stageOf(request.face)) {
        const { artifact, path } = await bring(run, request.face, join(folder, "face"));
        if (faceKind(artifact) === "picture") await lookAt(await readFile(path), artifact.name, request, run.signal);
      }
      if (stageOf(request.sound)) {
        const { artifact, path } = await bring(run, request.sound, join(folder, "sound"));
        await talkOf(ffmpeg, await readFile(path), artifact.name, run.signal);
      }
    });

  const sync = async (request: LipsRequest, run: Run): Promise<void> =>
    withFolder(scratch, async (folder) => {
      run.progress({ stage: "checking", fraction: 0.02 });
      const { artifact } = await bring(run, request.face, join(folder, "face"));
      const sound = await bring(run, request.sound, join(folder, "sound"));
      const pcm = await talkOf(ffmpeg, await readFile(sound.path), sound.artifact.name, run.signal);
      const kind = faceKind(artifact);
      await film({ ffmpeg, finder, folder, request, name: artifact.name, run }, kind, pcm);
      const seconds = secondsOf(pcm);
      await publishTalking(
        { ffmpeg, run, maker: "The preview" },
        {
          path: join(folder, "result.mp4"),
          name: artifactName(`${artifact.name.replace(/\.[a-z0-9]{1,5}$/i, "")} talking`, request.seed, "mp4"),
          seconds,
          recipe: {
            ...{ tool: run.job.tool, input: run.job.input, engine: { id: "preview", version }, preview: true },
            // drawn by rules: no trained model had a part in what is seen
            generated: false,
            details: { sound_seconds: seconds, who: request.who },
          },
        },
      );
    });

  return { takes: ["picture", "video"], plan, check, sync };
}
