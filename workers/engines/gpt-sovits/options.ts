/** What the GPT-SoVITS adapter is given, and how patient it is. */
import type { Log } from "../../../core/log.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";
import type { Transcriber } from "../../sound/index.ts";

export interface GptSovitsOptions {
  /** Address of `api_v2.py`, such as `http://127.0.0.1:9880` (GPT_SOVITS_URL). */
  url: string;
  /** Whether the person named it, so that it is waited for and never called absent. */
  configured: boolean;
  /** Whether it ever answered. */
  seen(): Promise<boolean>;
  /** A folder that both programs see, for the recording of a voice while it is spoken with (GPT_SOVITS_FOLDER). The system's for temporary files where it is absent and the address is this machine. */
  folder?: string;
  /** The same folder as GPT-SoVITS sees it, where that is another path (GPT_SOVITS_FOLDER_THERE). */
  folderThere?: string;
  /** Whether it may be ended to get the card's memory back (GPT_SOVITS_EXIT=yes): something must start it again. */
  mayExit: boolean;
  waitMinutes: number;
  ffmpeg: Ffmpeg;
  transcriber?: Transcriber;
  scratch?: string;
  log: Log;
  fetch?: typeof fetch;
  timings?: Partial<Timings>;
}

/** All in milliseconds. */
export interface Timings {
  /** Between two tries to reach one that does not answer. */
  retry: number;
  /** `status()`: a face waits for it. */
  status: number;
  /** One line. It tells nothing while it speaks; a CPU takes some minutes. */
  line: number;
  /** How long a cancel waits for the line that it speaks, which nothing can end. Less than the minute after which an attempt is given up. */
  cancel: number;
  /** Between two words that it still speaks: a longer silence would count as a stall. */
  tick: number;
  /** Until its port is closed after it was told to exit. */
  exit: number;
}

export const defaultTimings: Timings = { retry: 2_000, status: 2_000, line: 290_000, cancel: 50_000, tick: 5_000, exit: 20_000 };
