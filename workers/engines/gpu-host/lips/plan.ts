/** Looks at a face and a sound before the card is taken, and says what comes. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../../../core/failure.ts";
import type { Run } from "../../../../core/ports/engine.ts";
import type { Opener } from "../../../../core/ports/sound.ts";
import type { LipsPlan, LipsRequest } from "../../../../core/ports/video.ts";
import { type Source, stageOf } from "../../../../core/source.ts";
import { bring } from "../../../faces/bring.ts";
import { fittedSize } from "../../../faces/encode.ts";
import { lookAtVideo } from "../../../faces/look.ts";
import { regionOf } from "../../../faces/region.ts";
import { checkTalk, faceKind, longestTalk } from "../../../faces/sources.ts";
import { secondsOf, talkOf } from "../../../faces/talk.ts";
import { placesOf } from "../../../faces/track.ts";
import { probe, withFolder } from "../../../ffmpeg/index.ts";
import { downNotes, hosted, sadtalker, wav2lip } from "../hosted.ts";
import { lipSync } from "../words.ts";
import { type LipsParts, limits, lipsFamily, lipsGb } from "./parts.ts";
import { lookAt, wishOf } from "./picture.ts";
import { checkFaceless } from "./video.ts";

const never = new AbortController().signal;
/** Frames of a video that a first look takes. */
const frames = 12;

/** The engine for this kind. Failures: `invalid_input` for a video where none takes videos, `engine_unavailable`. */
export async function engineFor(parts: LipsParts, kind: "picture" | "video") {
  const { known, api } = parts;
  if (kind === "picture") return hosted(known, api.address, sadtalker, lipSync);
  const seen = await known.lately();
  if (seen && !seen.engines.some(({ id }) => id === wav2lip))
    throw new Failure(
      "invalid_input",
      "Lips are moved in pictures only: nothing in gpu-host takes videos. Give a picture with one face, or enable wav2lip in gpu-host.toml, whose licence forbids commercial use (workers/gpu-host/README.md).",
    );
  return hosted(known, api.address, wav2lip, lipSync);
}

/** Notes on what a look at it found. */
async function lookAtFace(
  parts: LipsParts,
  bytes: Uint8Array,
  name: string,
  request: LipsRequest,
  signal: AbortSignal,
  kind: "picture" | "video",
) {
  const wish = wishOf(name, request, kind);
  if (kind === "picture") {
    const { width, height, face, faces } = await lookAt(parts.finder, bytes, wish, signal);
    const others = faces.filter((other) => other !== face);
    regionOf([face], others, { width, height }, name);
    return { width, height, notes: [] };
  }
  return withFolder(parts.options.scratch, async (folder) => {
    const path = join(folder, "face");
    await writeFile(path, bytes);
    const { video, seconds } = await probe(path);
    if (!video) throw new Failure("unsupported_media", `${name} has no picture. Give a video that plays in a video player.`);
    const until = Math.min(seconds, longestTalk);
    const track = await lookAtVideo(parts, path, wish, { step: Math.max(0.1, until / frames), until, width: video.width, signal });
    checkFaceless(track, wish, request.faceless);
    regionOf(placesOf(track), track.others.flat(), video, name);
    const share = `In about ${Math.round(track.faceless * 100)} % of ${name} no face is seen; those frames stay as they are.`;
    return { ...fittedSize(video, limits.video.side), notes: track.faceless > 0 ? [share] : [] };
  });
}

export async function planLips(
  parts: LipsParts,
  request: LipsRequest,
  { face, sound }: { face: Source; sound: Source },
  open: Opener,
): Promise<LipsPlan> {
  const kind = faceKind(face);
  checkTalk(sound);
  const host = await engineFor(parts, kind);
  const promised = { width: face.width ?? 512, height: face.height ?? 512 };
  const seen = stageOf(face.id)
    ? { ...fittedSize(promised, limits[kind].side), notes: [] }
    : await lookAtFace(parts, await open(face.id), face.name, request, never, kind);
  const heard = stageOf(sound.id) ? undefined : await talkOf(parts.ffmpeg, await open(sound.id), sound.name, never);
  const seconds = heard ? secondsOf(heard) : (sound.seconds ?? 0);
  const loops = kind === "video" && face.seconds !== undefined && face.seconds < seconds;
  return {
    ...{ family: lipsFamily, vramGb: lipsGb, seconds, width: seen.width, height: seen.height },
    notes: [
      ...(host.engine.licence ? [`${host.engine.title}: ${host.engine.licence}`] : []),
      ...seen.notes,
      ...(loops ? [`The video is shorter than the sound (${Math.round(seconds)} s), so it begins again.`] : []),
      ...downNotes(host, parts.api.address),
    ],
  };
}

/** The same look at what stages have made since. */
export async function checkLips(parts: LipsParts, request: LipsRequest, run: Run): Promise<void> {
  await withFolder(parts.options.scratch, async (folder) => {
    if (stageOf(request.face)) {
      run.progress({ stage: "checking", fraction: 0, note: "Looking for the face" });
      const { artifact, path } = await bring(run, request.face, join(folder, "face"));
      await lookAtFace(parts, await readFile(path), artifact.name, request, run.signal, faceKind(artifact));
    }
    if (stageOf(request.sound)) {
      const { artifact, path } = await bring(run, request.sound, join(folder, "sound"));
      await talkOf(parts.ffmpeg, await readFile(path), artifact.name, run.signal);
    }
  });
}
