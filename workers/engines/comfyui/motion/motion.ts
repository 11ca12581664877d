/** Videos from a picture or from words: the model's reviewed graph, then one MP4 with its poster. */
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Artifact } from "../../../../core/artifact.ts";
import { Failure } from "../../../../core/failure.ts";
import type { Run } from "../../../../core/ports/engine.ts";
import type { MotionCapability, MotionRequest } from "../../../../core/ports/video.ts";
import { artifactName } from "../../../../core/slug.ts";
import { type Ffmpeg, posterOf, withFolder } from "../../../ffmpeg/index.ts";
import { frameName, type Left, type Playable, playable } from "../../../video/playable.ts";
import type { Api } from "../api.ts";
import type { Connection } from "../connection.ts";
import type { ComfyuiOptions } from "../options.ts";
import { makePictures } from "../pictures.ts";
import { uploadPicture } from "../upload.ts";
import { type ChosenMotion, chooseMotion, unseenMotion, usableMotion, usualModel } from "./choose.ts";
import { motionGraph } from "./graph.ts";
import { presetOf } from "./kinds.ts";
import { planMotion, refit } from "./plan.ts";
import type { Stock, StockRoom } from "./stock.ts";
import { outTemplates } from "./templates.ts";
import { bucketOf, negativeFor, withMotion } from "./words.ts";

/** What of the job is left when ComfyUI is done. */
const share = { from: 0, to: 0.96, called: "video" };

const endings: Record<string, string> = { "video/mp4": "mp4", "video/webm": "webm", "image/gif": "gif" };

/** Where the server has no nodes for videos, frames come one by one. */
const outOf = (stock: Stock): keyof typeof outTemplates =>
  Object.values(outTemplates.video).every((node) => stock.nodes.has(node.class_type)) ? "video" : "frames";

interface Ready extends ChosenMotion {
  /** As this model can do it. */
  request: MotionRequest;
  out: keyof typeof outTemplates;
  version: string;
}

/** The remedy for pictures does not help here. */
function asVideo(error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== "out_of_memory") return error;
  return new Failure(
    "out_of_memory",
    "The graphics card ran out of memory for this video. Ask for a shorter or smaller one, close other programs that use the card, or start ComfyUI with --lowvram; then retry.",
    { cause: error },
  );
}

export function createMotion(
  api: Api,
  connection: Connection,
  stock: StockRoom,
  ffmpeg: Ffmpeg,
  options: ComfyuiOptions,
): MotionCapability {
  const said = options.modelFamilies;

  const ready = async (request: MotionRequest, refused: boolean): Promise<Ready> => {
    const [here, version] = await Promise.all([refused ? stock.now() : stock.recent(), connection.version()]);
    const chosen = chooseMotion(here, { model: request.model, image: request.image !== undefined }, said);
    const fitting = request.model === usualModel ? refit(request, chosen) : request;
    return { ...chosen, request: fitting, out: outOf(here), version };
  };

  const graphOf = ({ template, out, kind, model, files, request }: Ready, promptId: string, image: string) =>
    motionGraph(template, out, {
      ...files,
      ...{ model, image, width: request.width, height: request.height, frames: request.frames, fps: request.fps, seed: request.seed },
      prompt: withMotion(request.prompt, request.motion),
      negativePrompt: negativeFor(kind, request.negativePrompt, request.motion),
      bucket: bucketOf(request.motion),
      steps: request.steps,
      handover: Math.ceil(request.steps / 2),
      cfg: presetOf(kind, model).cfg,
      prefix: `msb/${promptId}/video`,
    });

  const detailsOf = (
    { template, kind, model, files, request }: Ready,
    { frames, fps, seconds }: Playable,
    source: Artifact | undefined,
  ) => ({
    ...{ model, ...files, template, frames, fps, seconds, steps: request.steps, cfg: presetOf(kind, model).cfg, motion: request.motion },
    ...(kind.motion === "bucket"
      ? { motion_bucket: bucketOf(request.motion) }
      : { prompt_used: withMotion(request.prompt, request.motion) }),
    licence: kind.licence,
    ...(source ? { source: source.id, ...(source.recipe?.preview ? { source_preview: true } : {}) } : {}),
  });

  return {
    async fromWords() {
      const here = await stock.known();
      return here !== undefined && usableMotion(here, "words", said).length > 0;
    },

    async plan(wish, image) {
      const asked = { ...(wish.model !== undefined ? { model: wish.model } : {}), image: wish.image !== undefined };
      const here = await stock.known();
      return planMotion(wish, here ? chooseMotion(here, asked, said) : unseenMotion(asked, said), image);
    },

    async render(request, run: Run) {
      await withFolder(options.scratch, async (folder) => {
        const source = request.image === undefined ? undefined : await look(run, request.image);
        const { image } = request;
        let now: Ready | undefined;
        const left: Left[] = [];
        await makePictures(api, connection, options.waitMinutes, run, {
          ...{ count: 1, what: "video", share },
          async prepare(refused) {
            now = await ready(request, refused);
          },
          ...(image !== undefined ? { upload: () => uploadPicture(api, run, image) } : {}),
          graph: (_, promptId, uploaded) => graphOf(sure(now), promptId, uploaded),
          async save(_, { mediaType, body, place }) {
            const path = join(folder, mediaType === "image/png" ? frameName(place) : `left-${place}.${endings[mediaType] ?? "bin"}`);
            await pipeline(body, createWriteStream(path));
            left.length = place;
            left.push({ mediaType, path });
          },
        }).catch((error: unknown) => {
          throw asVideo(error);
        });
        const made = sure(now);
        run.progress({ stage: "encoding", fraction: 0.97 });
        const video = await playable(ffmpeg, left, { folder, fps: made.request.fps, maker: "ComfyUI", signal: run.signal });
        const poster = await posterOf(ffmpeg, video.path, run.signal);
        run.progress({ stage: "storing", fraction: 0.99 });
        await run.save({
          name: artifactName(request.prompt || bare(source?.name) || "video", request.seed, "mp4"),
          mediaType: "video/mp4",
          body: createReadStream(video.path),
          poster,
          recipe: {
            tool: run.job.tool,
            input: run.job.input,
            engine: { id: "comfyui", version: made.version },
            preview: false,
            generated: true,
            details: detailsOf(made, video, source),
          },
        });
      });
    },
  };
}

async function look(run: Run, id: string): Promise<Artifact> {
  const { artifact, body } = await run.open(id);
  body.destroy();
  if (!artifact.mediaType.startsWith("image/"))
    throw new Failure("unsupported_media", `${artifact.name} is not a picture. Videos start from PNG, JPEG or WebP pictures.`);
  return artifact;
}

const bare = (name: string | undefined) => name?.replace(/\.[a-z0-9]{1,5}$/i, "");

function sure(now: Ready | undefined): Ready {
  if (!now) throw new Failure("internal", "A video was made before its model was chosen. Report this.");
  return now;
}
