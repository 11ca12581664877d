/** espeak-ng, which reads text in some ninety languages by rules: in a thread that starts with the first sentence and ends when it is idle. */
import type { Worker } from "node:worker_threads";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import { startThread } from "../engines/start-thread.ts";
import type { Pcm } from "../sound/index.ts";
import { espeakLanguages, voiceOf } from "./languages.ts";
import type { SayAnswer, SayTask } from "./thread.ts";

export interface SayRequest {
  text: string;
  /** ISO 639-1. */
  language: string;
  /** `m1` to `m8`, `f1` to `f5`; the language's own voice, a man's, where it is absent. */
  variant?: string;
  /** 0.5 to 2; 1 = 175 words a minute. */
  speed: number;
  /** 0 to 99; 50 is usual, and so where it is absent. */
  pitch?: number;
  range?: number;
  signal: AbortSignal;
}

export interface Espeak {
  /** ISO 639-1. */
  readonly languages: readonly string[];
  /** Of the package. */
  readonly version: string;
  /** Mono. One at a time, in order; an abort ends the thread, which cannot be interrupted otherwise. Failures: `invalid_input` for a language, `engine_unavailable` where it does not start. */
  say(request: SayRequest): Promise<Pcm>;
  close(): Promise<void>;
}

const usualRate = 175;
/** As far as espeak-ng follows. */
const rates = { least: 80, most: 450 };

function taskOf({ text, language, variant, speed, pitch = 50, range = 50 }: SayRequest): SayTask {
  const voice = voiceOf(language);
  if (!voice)
    throw new Failure(
      "invalid_input",
      `The preview voice does not read the language "${language.slice(0, 10)}". It reads: ${espeakLanguages.join(", ")}.`,
    );
  const rate = Math.round(Math.min(rates.most, Math.max(rates.least, usualRate * speed)));
  return { text, voice: variant ? `${voice}+${variant}` : voice, rate, pitch, range };
}

/** The thread's next word, or its death. */
function answerOf(thread: Worker, signal: AbortSignal): Promise<SayAnswer> {
  return new Promise((resolve, reject) => {
    const died = (cause: unknown) => end(() => reject(cause));
    const answered = (answer: SayAnswer) => end(() => resolve(answer));
    const aborted = () => end(() => reject(signal.reason));
    const end = (settle: () => void) => {
      thread.off("message", answered).off("error", died).off("exit", died);
      signal.removeEventListener("abort", aborted);
      settle();
    };
    thread.on("message", answered).on("error", died).on("exit", died);
    signal.addEventListener("abort", aborted);
    if (signal.aborted) aborted();
  });
}

/** @param options.idleMs after which the thread ends and gives its 80 MB back. Default 60 000. */
export function createEspeak({ log, idleMs = 60_000 }: { log: Log; idleMs?: number }): Espeak {
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const ending = thread;
    thread = undefined;
    await ending?.terminate();
  };

  const work = async (task: SayTask, signal: AbortSignal): Promise<Pcm> => {
    signal.throwIfAborted();
    clearTimeout(idle);
    thread ??= startThread(new URL("./thread.ts", import.meta.url));
    // an error between two sentences must not end the process
    if (thread.listenerCount("error") === 0) thread.on("error", (error) => log.error({ err: error }, "the espeak-ng thread failed"));
    thread.ref();
    try {
      const waiting = answerOf(thread, signal);
      thread.postMessage(task);
      const answer = await waiting;
      if ("samples" in answer) return answer;
      throw new Error(answer.error);
    } catch (cause) {
      await close();
      signal.throwIfAborted();
      log.error({ err: cause }, "espeak-ng could not speak");
      throw new Failure(
        "engine_unavailable",
        "The preview voice does not start: espeak-ng could not be loaded. Run npm ci in the folder of MySpinBot, then retry the job.",
        { cause },
      );
    } finally {
      thread?.unref();
      if (thread) idle = setTimeout(() => void close(), idleMs).unref();
    }
  };

  return {
    languages: espeakLanguages,
    version: "0.3.5",
    async say(request) {
      const task = taskOf(request);
      const mine = last.then(() => work(task, request.signal));
      last = mine.catch(() => undefined);
      return mine;
    },
    close,
  };
}
