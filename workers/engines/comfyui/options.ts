/** What the ComfyUI adapter is given, and how patient it is. */
import type { Log } from "../../../core/log.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";

export interface ComfyuiOptions {
  /** Address such as `http://127.0.0.1:8188`; a path and `user:password@` are allowed. */
  url: string;
  /** Whether the person named it, so that it is waited for and never called absent. */
  configured: boolean;
  /** Whether it ever answered. */
  seen(): Promise<boolean>;
  /** Model family by checkpoint or LoRA name (`sd15`, `sdxl`), for names that do not tell. */
  modelFamilies: Record<string, string>;
  /** Checkpoint to use when none is asked for; the first that can draw when absent. */
  preferredModel?: string;
  /** How long a ComfyUI that does not answer is waited for. */
  waitMinutes: number;
  /** For videos. Default: the one on the PATH, else the package's. */
  ffmpeg?: Ffmpeg;
  /** Folder for what is worked on. Default: the system's for temporary files. */
  scratch?: string;
  /** Puts the file of a person's LoRA where ComfyUI reads it, if it is not there. Absent where no such folder is known. */
  placeLora?(file: string, run: Run): Promise<void>;
  log: Log;
  fetch?: typeof fetch;
  timings?: Partial<Timings>;
}

/** All in milliseconds. */
export interface Timings {
  /** Between two looks at a prompt; events make it look earlier. */
  poll: number;
  /** The first look at a new prompt of which no event came: it may wait behind another one. */
  quiet: number;
  /** Between two tries to reach a ComfyUI that does not answer. */
  retry: number;
  /** One ordinary request. */
  request: number;
  /** `POST /prompt`: validation reads model folders, which may be on a slow disk. */
  post: number;
  /** `status()`: a face waits for it. */
  status: number;
  /** Between two pings of the socket; a missed answer closes it. */
  ping: number;
  /**
   * A socket that says nothing for this long while our prompt runs is opened anew: the server may have forgotten it. A tenth of it is
   * enough where nothing came since the post, of which the server tells every socket that it knows.
   */
  silence: number;
  /** How long the socket stays open after the last job. */
  idle: number;
  /** A list of model files this old is still used for a job whose names were checked when it was accepted. */
  inventory: number;
  /** Until a LoRA that was placed in its folder is listed: the folder may be on a slow share. */
  placed: number;
  /** Until a cancelled prompt has stopped. */
  confirm: number;
  /** Until VRAM is back after `/free`. */
  free: number;
}

export const defaultTimings: Timings = {
  poll: 2_000,
  quiet: 250,
  retry: 2_000,
  request: 10_000,
  post: 30_000,
  status: 2_000,
  ping: 10_000,
  silence: 60_000,
  idle: 30_000,
  inventory: 10_000,
  placed: 15_000,
  confirm: 15_000,
  free: 30_000,
};
