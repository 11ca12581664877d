/** ffmpeg as a child process: found once, run without a shell, held to limits, killed when it is aborted. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { bytesWords } from "../../core/limits.ts";
import type { Log } from "../../core/log.ts";
import { runChild } from "./child.ts";
import { environment } from "./environment.ts";
import { type FfmpegAbout, findFfmpeg } from "./find.ts";
import { defaultLimitBytes, guarded } from "./guard.ts";
import { progressReader } from "./progress.ts";
import { failedWith } from "./words.ts";

export interface FfmpegRun {
  /** Folder in which it runs; file names in `args` are relative to it. */
  cwd: string;
  /** Aborted = its process group is killed and waited for; then the signal's reason is thrown. */
  signal: AbortSignal;
  /** Seconds after which it is killed. Default 3600. */
  limitSeconds?: number;
  /** Bytes of the output; one that reaches them is refused. Default 4 GB. */
  limitBytes?: number;
  /** Seconds of output so far. */
  onSeconds?(seconds: number): void;
}

export interface Ffmpeg {
  /**
   * Failure `engine_failed` in plain words where it does not exit 0 (the log has the rest), `timeout` past its seconds, `limit_exceeded` past its bytes,
   * `storage_full`, and `engine_unavailable` where there is none.
   * @param args generated file names only; never a person's words. The output, a file, comes last.
   */
  run(args: readonly string[], options: FfmpegRun): Promise<void>;
  /** Failure `engine_unavailable` with the command that installs it. */
  describe(): Promise<FfmpegAbout>;
}

/** @param options.path where it is (MYSPINBOT_FFMPEG); else that on the PATH, if it can what we need, else the package's. */
export function createFfmpeg({ path, log }: { path?: string; log: Log }): Ffmpeg {
  let found: Promise<FfmpegAbout> | undefined;
  const describe = (): Promise<FfmpegAbout> => {
    found ??= findFfmpeg(path, log).catch((error: unknown) => {
      // what is installed meanwhile is found without a restart
      found = undefined;
      throw error;
    });
    return found;
  };

  return {
    describe,
    async run(args, { cwd, signal, limitSeconds = 3600, limitBytes = defaultLimitBytes, onSeconds }) {
      const { path: program } = await describe();
      const report = onSeconds ? ["-progress", "pipe:1", "-nostats"] : [];
      const all = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", ...report, ...guarded(args, limitBytes)];
      const onOutput = onSeconds ? progressReader(onSeconds) : () => undefined;
      const end = await runChild(program, all, { cwd, env: environment(), signal, limitSeconds, onOutput });
      if (end.code === 0) {
        await checkSize(resolve(cwd, args.at(-1) ?? ""), limitBytes);
        return;
      }
      log.warn({ args: all, code: end.code, killedBy: end.killedBy, errors: end.errors }, "ffmpeg failed");
      if (end.timedOut)
        throw new Failure("timeout", `ffmpeg was not ready after ${limitSeconds} s, and was ended. Give it something shorter or smaller.`);
      throw failedWith(end.code, end.killedBy, end.errors);
    },
  };
}

/** At its limit ffmpeg stops writing, and says that all went well. */
async function checkSize(file: string, limit: number): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  // it stops before the frame that would pass it: a little less than the limit is the limit
  if (size >= limit * 0.98)
    throw new Failure("limit_exceeded", `The file would be larger than ${bytesWords(limit)}. Ask for something shorter or smaller.`);
}
