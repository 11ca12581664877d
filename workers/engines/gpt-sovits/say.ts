/** Speaks lines, one request each, in order. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Pcm, SpeechLine, SpeechParts } from "../../sound/index.ts";
import { createPatience } from "../patience.ts";
import { soundOf } from "./answers.ts";
import { bodyOf, type TtsBody } from "./body.ts";
import { startCommand } from "./engine-status.ts";
import { type Answer, type Http, Silent, Unreachable } from "./http.ts";
import type { GptSovitsOptions, Timings } from "./options.ts";
import type { Recordings } from "./recordings.ts";
import { orAborted, type Turns } from "./turns.ts";

interface SayParts {
  http: Http;
  recordings: Recordings;
  turns: Turns;
  timings: Timings;
  options: Pick<GptSovitsOptions, "waitMinutes">;
}

const noVoices = (): Failure =>
  new Failure("unknown_asset", "GPT-SoVITS has no voices of its own: it speaks in a cloned one. Make one with clone_voice, then name it.");

export function createSay({ http, recordings, turns, timings, options }: SayParts): SpeechParts["say"] {
  /** An abort waits for the line: nothing ends it over there, and the card is not free before. */
  const request = async (body: TtsBody, run: Run, tick: () => void): Promise<Answer> => {
    const pending = http.post("/tts", body, timings.line);
    const ended = pending.then(() => true).catch(() => true);
    const ticking = setInterval(tick, timings.tick);
    try {
      return await orAborted(pending, run.signal);
    } catch (error) {
      if (run.signal.aborted && !(await Promise.race([ended, sleep(timings.cancel, false)])))
        run.log.warn({ url: http.address }, "GPT-SoVITS still speaks a line of a job that has ended; it cannot be interrupted");
      if (error instanceof Silent)
        throw new Failure(
          "engine_stalled",
          `GPT-SoVITS did not speak one line within ${Math.round(timings.line / 60_000)} minutes. Look at its console, restart it, then retry the job.`,
          { retryable: true, cause: error },
        );
      throw error;
    } finally {
      clearInterval(ticking);
    }
  };

  return async (lines, run, progress) => {
    let done = 0;
    const awaited = {
      ...{ name: "GPT-SoVITS", address: http.address, start: startCommand(http.address), waitMinutes: options.waitMinutes },
      retryMs: timings.retry,
      isSilence: (error: unknown) => error instanceof Unreachable,
    };
    const fraction = () => (lines.length === 0 ? 0 : done / lines.length);
    const patience = createPatience(awaited, run, (note) => run.progress({ stage: "waiting", fraction: fraction(), note }));
    const placed = new Map<Uint8Array, Awaited<ReturnType<Recordings["place"]>>>();
    const pathOf = async (reference: Uint8Array): Promise<string> => {
      const file = placed.get(reference) ?? (await recordings.place(reference));
      placed.set(reference, file);
      return file.path;
    };
    const speak = async (line: SpeechLine): Promise<Pcm> => {
      if (line.voice.kind !== "own") throw noVoices();
      const body = bodyOf(line, line.voice, await pathOf(line.voice.reference));
      const tick = () => progress(done, lines.length);
      return soundOf(await patience.insist(() => request(body, run, tick)), http.address);
    };
    const speakAll = async (): Promise<Pcm[]> => {
      const sounds: Pcm[] = [];
      for (const line of lines) {
        run.signal.throwIfAborted();
        sounds.push(await speak(line));
        progress(++done, lines.length);
      }
      return sounds;
    };
    try {
      return await turns.take(speakAll, run.signal);
    } catch (error) {
      if (error instanceof Failure && !run.signal.aborted)
        run.log.warn({ err: error, cause: error.cause }, "GPT-SoVITS did not speak a line");
      throw error;
    } finally {
      await Promise.all([...placed.values()].map((file) => file.remove()));
    }
  };
}
