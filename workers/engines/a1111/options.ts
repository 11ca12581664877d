/** What the A1111/Forge adapter is given, and how patient it is. */
import type { Log } from "../../../core/log.ts";
import type { Run } from "../../../core/ports/engine.ts";

export interface A1111Options {
  /** Address such as `http://127.0.0.1:7860`; a path (`--subpath`) is allowed. */
  url: string;
  /** The two halves of `--api-auth`; a login in `url` serves as well. */
  user?: string;
  password?: string;
  /** Whether the person named it, so that it is waited for and never called absent. */
  configured: boolean;
  /** Whether it ever answered. */
  seen(): Promise<boolean>;
  /** Model family by checkpoint or LoRA name (`sd15`, `sdxl`), for names that do not tell. */
  modelFamilies: Record<string, string>;
  /** Checkpoint to use when none is asked for; the first that can draw when absent. */
  preferredModel?: string;
  /** How long an A1111/Forge that does not answer is waited for. */
  waitMinutes: number;
  /** Puts the file of a person's LoRA where A1111/Forge reads it, if it is not there. Absent where no such folder is known. */
  placeLora?(file: string, run: Run): Promise<void>;
  log: Log;
  timings?: Partial<Timings>;
}

/** All in milliseconds. */
export interface Timings {
  /** Between two looks at a task. */
  poll: number;
  /** Between two tries to reach an A1111/Forge that does not answer. */
  retry: number;
  /** One ordinary request: it shares one Python lock with the drawing, so that a look can take a while. */
  request: number;
  /** `status()`: a face waits for it. */
  status: number;
  /** A request that nobody knows as a task for this long while it is open: a version that takes no task id. */
  unknown: number;
  /** Between the end of a task and its answer, which carries all its pictures. */
  answer: number;
  /** A post that broke off may still arrive for this long. */
  late: number;
  /** A list of model files this old is still used for a job whose names were checked when it was accepted. */
  inventory: number;
  /** Until a LoRA that was placed in its folder is listed. */
  placed: number;
  /** Until a cancelled task has stopped. */
  confirm: number;
  /** How long a task that could not be stopped yet, because it waits behind others, is looked after. */
  orphan: number;
  /** Until VRAM is back after the checkpoint was unloaded. */
  free: number;
}

export const defaultTimings: Timings = {
  poll: 1_000,
  retry: 2_000,
  request: 15_000,
  status: 2_000,
  unknown: 30_000,
  answer: 60_000,
  late: 1_500,
  inventory: 10_000,
  placed: 15_000,
  confirm: 20_000,
  orphan: 1_800_000,
  free: 30_000,
};
