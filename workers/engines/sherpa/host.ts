/** The process that speaks: started with the first line, kept while lines come, ended when it is idle or told to stop. */
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import type { ChildAnswer, ChildTask } from "./child.ts";

export interface Host {
  /** One at a time. An abort ends the process: a line cannot be interrupted otherwise. */
  say(task: ChildTask, signal: AbortSignal): Promise<{ samples: Float32Array; sampleRate: number }>;
  close(): Promise<void>;
}

const entry = new URL("./child.ts", import.meta.url);

/** From `dist` as it is, and from source through tsx. No secret of ours is in its environment. */
function startChild(): ChildProcess {
  const source = import.meta.url.endsWith(".ts");
  const tsx = source ? pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href : undefined;
  const { PATH, HOME, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, TMPDIR } = process.env;
  const env = Object.fromEntries(Object.entries({ PATH, HOME, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, TMPDIR }).filter(([, value]) => value));
  return fork(fileURLToPath(source ? entry : entry.href.replace(/\.ts$/, ".js")), {
    ...{ serialization: "advanced", env, execArgv: tsx ? ["--import", tsx] : [] },
    // its words name files of this machine, and nothing but ours may reach our output
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
}

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Its answer, or how it ended. */
function next(child: ChildProcess, signal: AbortSignal): Promise<ChildAnswer | Ended> {
  return new Promise((resolve, reject) => {
    const answered = (answer: unknown) => end(() => resolve(answer as ChildAnswer));
    const ended = (code: number | null, by: NodeJS.Signals | null) => end(() => resolve({ code, signal: by }));
    const failed = (error: Error) => end(() => reject(error));
    const aborted = () => end(() => reject(signal.reason));
    const end = (settle: () => void) => {
      child.off("message", answered).off("exit", ended).off("error", failed);
      signal.removeEventListener("abort", aborted);
      settle();
    };
    child.on("message", answered).on("exit", ended).on("error", failed);
    signal.addEventListener("abort", aborted);
    if (signal.aborted) aborted();
  });
}

function failureOf(answer: Ended | { error: string; at: "load" | "say" }): Failure {
  if (
    "error" in answer &&
    answer.at === "load" &&
    /sherpa-onnx|Cannot find (module|package)|MODULE_NOT_FOUND/.test(answer.error) &&
    !/config/i.test(answer.error)
  )
    return new Failure(
      "engine_unavailable",
      "The package sherpa-onnx-node is not installed or does not fit this machine. Run npm install --include=optional in the folder of MySpinBot, then retry the job.",
    );
  if ("signal" in answer && answer.signal === "SIGKILL")
    return new Failure(
      "out_of_memory",
      "The speaking process was ended by the system, most likely for lack of memory. Close other programs, then retry the job.",
      { retryable: true },
    );
  if (("error" in answer && answer.at === "load") || ("signal" in answer && answer.signal === "SIGABRT"))
    return new Failure(
      "engine_failed",
      "sherpa-onnx could not load its model or broke down with it: a file may be broken. Download the model again into the folder of MYSPINBOT_SHERPA_MODELS, then retry the job.",
    );
  return new Failure(
    "engine_failed",
    "sherpa-onnx could not speak a line; the server log has its words. Retry the job, or change the text.",
  );
}

/** @param options.start how a child is started; another one only in tests. */
export function createHost({ log, idleMs = 60_000, start = startChild }: { log: Log; idleMs?: number; start?: () => ChildProcess }): Host {
  let child: ChildProcess | undefined;
  let loaded = "";
  let words = "";
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGKILL");
    await gone;
  };

  const hire = (): ChildProcess => {
    const started = start();
    words = "";
    started.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      words = (words + chunk).slice(-4000);
    });
    // an error between two lines must not end us
    started.on("error", (error) => log.error({ err: error }, "the sherpa-onnx process failed"));
    return started;
  };

  const work = async (task: ChildTask, signal: AbortSignal) => {
    signal.throwIfAborted();
    clearTimeout(idle);
    const wanted = JSON.stringify(task.model);
    if (wanted !== loaded) await close();
    loaded = wanted;
    child ??= hire();
    try {
      const waiting = next(child, signal);
      child.send(task);
      const answer = await waiting;
      if ("samples" in answer) return answer;
      log.error({ answer, words }, "sherpa-onnx did not speak");
      throw failureOf(answer);
    } catch (error) {
      await close();
      throw error;
    } finally {
      if (child) idle = setTimeout(() => void close(), idleMs).unref();
    }
  };

  return {
    say(task, signal) {
      const mine = last.then(() => work(task, signal));
      last = mine.catch(() => undefined);
      return mine;
    },
    close,
  };
}
