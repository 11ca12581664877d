/** What the gpu-host adapter is given, and how patient it is. */
import type { Log } from "../../../core/log.ts";
import type { Metrics } from "../../../core/ports/metrics.ts";
import type { FaceFinder } from "../../faces/finder.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";
import type { LoraFolder } from "../../lora-folder.ts";
import type { Transcriber } from "../../sound/index.ts";

export interface GpuHostOptions {
  /** Address such as `http://127.0.0.1:7080`. */
  url: string;
  /** `GPU_HOST_KEY`, where it asks for one. Never in a message or a log. */
  key?: string;
  /** Whether the person named the address, so that it is waited for and never called absent. */
  configured: boolean;
  /** Whether it ever answered. */
  seen(): Promise<boolean>;
  /** How long a gpu-host that does not answer is waited for. */
  waitMinutes: number;
  /** GB of the card that may be used: chooses the preset where the card does not tell its own. */
  vramGb: number;
  /** The folder that the renderer reads LoRAs from; absent where none is configured. */
  loraFolder?: LoraFolder;
  /** A folder for files that are on their way; the system's own for such files where it is absent. */
  scratch?: string;
  /** Those that the process shares; own ones where they are absent. */
  ffmpeg?: Ffmpeg;
  faces?: FaceFinder;
  /** Writes down what a recording says; without one the person must. */
  transcriber?: Transcriber;
  /** ISO 639-1 of what the F5-TTS model speaks. Default: English and Chinese, as the published one. */
  voiceLanguages?: readonly string[];
  metrics?: Pick<Metrics, "trainingBegan">;
  log: Log;
  fetch?: typeof fetch;
  timings?: Partial<Timings>;
}

/** All in milliseconds. */
export interface Timings {
  /** One ordinary request. */
  request: number;
  /** The head of an upload or a download, or the accepting of a run, which checks every picture. */
  slow: number;
  /** `status()`: a face waits for it. */
  status: number;
  /** Between two tries to reach a gpu-host that does not answer. */
  retry: number;
  /** Between two looks at a card that is busy or a run that is ending. */
  poll: number;
  /** An event stream or a download without a byte for so long is broken: gpu-host sends a ping every 15 s. */
  silence: number;
  /** Until a canceled run is over; its program has 10 s between TERM and KILL. */
  confirm: number;
  /** How long a post whose answer was lost may still arrive. */
  late: number;
}

export const defaultTimings: Timings = {
  request: 10_000,
  slow: 60_000,
  status: 2_000,
  retry: 2_000,
  poll: 2_000,
  silence: 45_000,
  confirm: 45_000,
  late: 3_000,
};
