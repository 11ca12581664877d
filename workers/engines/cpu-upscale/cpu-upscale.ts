/** A real neural upscaler that needs no GPU: ESRGAN-slim, tile by tile, in threads of their own. */
import { availableParallelism } from "node:os";
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import type { Engine, EngineStatus, Run, UpscaleCapability, UpscaleRequest } from "../../../core/ports/engine.ts";
import type { VideoUpscaleCapability } from "../../../core/ports/video.ts";
import { upscaledName } from "../../../core/slug.ts";
import { createFfmpeg, type Ffmpeg } from "../../ffmpeg/index.ts";
import { notAPicture, sourcePicture } from "../source-picture.ts";
import { type Crew, createCrew } from "./crew.ts";
import { decode, encode, type Pixels } from "./pixels.ts";
import { cutTile, pasteTile, planTiles } from "./tiles.ts";
import { createCpuVideoUpscale } from "./video.ts";
import { missingPackages, modelName, type Scale, weightsVersion } from "./weights.ts";

export interface CpuUpscaleOptions {
  log: Log;
  /** Milliseconds without work after which the threads end and give their memory back. Default 30 000. */
  idleMs?: number;
  /** Longest side of a tile in source pixels, without its overlap: more is a little faster and takes more memory. Default 128 (at most 180 MB a thread). */
  tile?: number;
  /** Default 2, or 1 on a single core. */
  threads?: number;
  /** For videos. Default: the one on the PATH, else the package's. */
  ffmpeg?: Ffmpeg;
  /** Folder for what is worked on. Default: the system's for temporary files. */
  scratch?: string;
}

const scales: readonly Scale[] = [2, 3, 4];

function status(): EngineStatus {
  const named = { id: "cpu-upscale", title: "ESRGAN upscaler (CPU)" };
  const missing = missingPackages();
  return missing.length > 0
    ? { ...named, state: "down", note: `not installed: ${missing.join(", ")}`, fix: "npm ci" }
    : { ...named, state: "ready", version: weightsVersion() };
}

function checkInstalled(): void {
  const { note, fix } = status();
  if (note)
    throw new Failure("engine_unavailable", `The upscaler on the CPU is ${note}. Run ${fix} in the folder of MySpinBot, then retry.`);
}

/** @param said of tiles that are done, of all. */
async function enlarge(
  source: Pixels,
  scale: Scale,
  { tileSide, crew, lanes }: { tileSide: number; crew: Crew; lanes: number },
  outer: AbortSignal,
  said: (done: number, of: number) => void,
): Promise<Uint8Array> {
  const tiles = planTiles(source.width, source.height, tileSide);
  const result = new Uint8Array(source.rgb.length * scale * scale);
  const broken = new AbortController();
  const signal = AbortSignal.any([outer, broken.signal]);
  const waiting = tiles.values();
  let done = 0;
  const lane = async (): Promise<void> => {
    for (const tile of waiting) {
      const { width, height } = tile.outer;
      const enlarged = await crew.enlarge({ scale, width, height, pixels: cutTile(source.rgb, source.width, tile) }, signal);
      pasteTile(result, source.width, tile, scale, enlarged);
      done++;
      said(done, tiles.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } catch (error) {
    broken.abort(error);
    throw error;
  }
  return result;
}

export function createCpuUpscale(
  options: CpuUpscaleOptions,
): Engine & { upscale: UpscaleCapability; videoUpscale: VideoUpscaleCapability; close(): Promise<void> } {
  const threads = options.threads ?? Math.min(2, availableParallelism());
  const crew = createCrew({ threads, idleMs: options.idleMs ?? 30_000, log: options.log });

  const means = { tileSide: options.tile ?? 128, crew, lanes: threads };
  const ffmpeg = options.ffmpeg ?? createFfmpeg({ log: options.log });

  const upscale = async ({ image, scale }: UpscaleRequest, run: Run): Promise<void> => {
    checkInstalled();
    run.progress({ stage: "loading", fraction: 0 });
    const { artifact, bytes, gray } = await sourcePicture(run, image);
    const source = await decode(bytes).catch((error: unknown) => {
      throw notAPicture(artifact.name, error);
    });
    run.signal.throwIfAborted();
    const rgb = await enlarge(source, scale, means, run.signal, (done, of) =>
      run.progress({ stage: "upscaling", fraction: 0.02 + 0.9 * (done / of), step: done, steps: of }),
    );
    run.progress({ stage: "encoding", fraction: 0.93 });
    const body = await encode(rgb, source, scale, gray);
    run.signal.throwIfAborted();
    run.progress({ stage: "storing", fraction: 0.97 });
    await run.save({
      name: upscaledName(artifact.name, scale, "png"),
      mediaType: "image/png",
      body,
      recipe: {
        tool: run.job.tool,
        input: run.job.input,
        engine: { id: "cpu-upscale", version: weightsVersion() },
        // the enlargement is real, even that of a stand-in: `source_preview` says where the picture came from
        preview: false,
        // enlarging sharpens a picture but invents none: a photo stays a photo, a generated picture stays a generated one
        generated: artifact.recipe?.generated ?? false,
        details: {
          model: modelName(scale),
          scale,
          source: artifact.id,
          ...(artifact.recipe?.preview ? { source_preview: true } : {}),
        },
      },
    });
  };

  return {
    id: "cpu-upscale",
    title: "ESRGAN upscaler (CPU)",
    gpu: false,
    families: ["cpu-upscale"],
    status: async () => status(),
    async models() {
      const upscalers = scales.map((scale) => ({ name: modelName(scale), family: "cpu-upscale", licence: "MIT" }));
      return {
        engine: "ESRGAN upscaler (CPU)",
        checkpoints: [],
        loras: [],
        upscalers,
        note: "Runs on the CPU; the scale chooses the model.",
      };
    },
    upscale: {
      async plan({ scale }) {
        checkInstalled();
        return { family: "cpu-upscale", vramGb: 0, model: modelName(scale) };
      },
      upscale,
    },
    videoUpscale: createCpuVideoUpscale({
      ffmpeg,
      checkInstalled,
      enlarge: (source, scale, signal) => enlarge(source, scale, means, signal, () => undefined),
      ...(options.scratch ? { scratch: options.scratch } : {}),
    }),
    close: () => crew.close(),
  };
}
