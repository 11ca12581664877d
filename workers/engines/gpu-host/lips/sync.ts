/** One attempt at a talking face: prepared, made in gpu-host, finished, published. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recipe } from "../../../../core/artifact.ts";
import type { Run } from "../../../../core/ports/engine.ts";
import type { LipsRequest } from "../../../../core/ports/video.ts";
import { artifactName } from "../../../../core/slug.ts";
import { bring } from "../../../faces/bring.ts";
import { checkTalking, publishTalking } from "../../../faces/publish.ts";
import { faceKind } from "../../../faces/sources.ts";
import { filledUp, secondsOf, talkOf } from "../../../faces/talk.ts";
import { withFolder } from "../../../ffmpeg/index.ts";
import { writeWav } from "../../../sound/index.ts";
import { carryOut } from "../carry-out.ts";
import { fetchFile } from "../fetch.ts";
import { type Hosted, sadtalker, wav2lip } from "../hosted.ts";
import { createTell } from "../tell.ts";
import { patienceWith } from "../wait.ts";
import { lipSync } from "../words.ts";
import { finish } from "./finish.ts";
import { type LipsParts, leastSeconds, type Prepared } from "./parts.ts";
import { preparePicture, wishOf } from "./picture.ts";
import { engineFor } from "./plan.ts";
import { prepareVideo } from "./video.ts";

const resultFile = "talking.mp4";
const words = { the: "The talking face", gone: "the video that was made", again: "makes it again" };
/** SadTalker renders a face in one of two sizes; the larger one has weights of its own and is worth it for a large face. */
const largeFace = 350;
const poses = 46;

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function paramsOf({ engine }: Hosted, request: LipsRequest, { faceWidth }: Prepared, face: string, sound: string) {
  if (engine.id === wav2lip) return { face, sound };
  const large = faceWidth >= largeFace && engine.models.some(({ name, usable }) => usable && name.includes("512"));
  return { picture: face, sound, size: large ? 512 : 256, still: request.still, preprocess: "full", pose_style: request.seed % poses };
}

function recipeOf(
  run: Run,
  { engine, version }: Hosted,
  request: LipsRequest,
  seconds: number,
  prepared: Prepared,
  params: object,
): Recipe {
  const { size, pose_style } = params as { size?: number; pose_style?: number };
  return {
    ...{ tool: run.job.tool, input: run.job.input, engine: { id: "gpu-host", version }, preview: false, generated: true },
    details: {
      ...{ engine: engine.id, sound_seconds: seconds, who: request.who },
      ...(engine.licence ? { licence: engine.licence } : {}),
      ...(size === undefined ? {} : { size, pose_style: pose_style ?? 0, still: request.still }),
      ...(prepared.faceless.length > 0
        ? { frames_kept: prepared.faceless.map(([from, to]) => `${from.toFixed(1)}-${to.toFixed(1)} s`) }
        : {}),
    },
  };
}

/** Failures of the looks, of `carryOut`, and `engine_failed` for a result that is no video with this sound. */
export async function syncLips(parts: LipsParts, request: LipsRequest, run: Run): Promise<void> {
  const { api, known, options, ffmpeg, finder } = parts;
  const { signal } = run;
  const tell = createTell(run, "lip_sync", (step, steps) =>
    run.progress({ stage: "lip_sync", fraction: 0.15 + (0.65 * step) / steps, step, steps }),
  );
  const patience = patienceWith(api, options.waitMinutes, run, lipSync, tell.waiting);
  await withFolder(options.scratch, async (folder) => {
    run.progress({ stage: "checking", fraction: 0.01 });
    const face = await bring(run, request.face, join(folder, "face"));
    const sound = await bring(run, request.sound, join(folder, "sound"));
    const talk = await talkOf(ffmpeg, await readFile(sound.path), sound.artifact.name, signal);
    const seconds = secondsOf(talk);
    const driven = filledUp(talk, leastSeconds);
    const kind = faceKind(face.artifact);
    await patience.insist(() => known.now(signal));
    const host = await engineFor(parts, kind);
    const wish = wishOf(face.artifact.name, request, kind);
    const onFrame = (step: number, steps: number) =>
      run.progress({ stage: "checking", fraction: 0.02 + (0.07 * step) / steps, step, steps, note: "Looking for the face" });
    const prepared =
      kind === "picture"
        ? await preparePicture(finder, await readFile(face.path), wish, folder, signal)
        : await prepareVideo({ finder, ffmpeg, wish, faceless: request.faceless, signal, onFrame }, secondsOf(driven), folder);
    run.progress({ stage: "lip_sync", fraction: 0.1 });
    const wav = writeWav(driven);
    const inputs = new Map([prepared.face, wav].map((bytes) => [sha(bytes), bytes] as const));
    const params = paramsOf(host, request, prepared, sha(prepared.face), sha(wav));
    const work = { engine: kind === "picture" ? sadtalker : wav2lip, params, inputs, files: [resultFile], piece: 0 };
    const view = await carryOut({ api, run, patience, words: lipSync, waiting: tell.waiting, on: tell.on }, work);
    const sha256 = view.results.find(({ name }) => name === resultFile)?.sha256;
    const path = join(folder, resultFile);
    await fetchFile({ api, run, patience }, { run: view.id, name: resultFile, ...(sha256 ? { sha256 } : {}) }, path, words);
    await checkTalking(path, secondsOf(driven), false, host.engine.title);
    const onSeconds = (done: number) => run.progress({ stage: "encoding", fraction: 0.82 + 0.13 * Math.min(1, done / seconds) });
    await finish(prepared, { ffmpeg, folder, seconds, signal, onSeconds });
    const stem = face.artifact.name.replace(/\.[a-z0-9]{1,5}$/i, "");
    await publishTalking(
      { ffmpeg, run, maker: host.engine.title },
      {
        ...{ path: join(folder, "result.mp4"), name: artifactName(`${stem} talking`, request.seed, "mp4"), seconds },
        recipe: recipeOf(run, host, request, seconds, prepared, params),
      },
    );
  });
}
