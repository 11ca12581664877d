/** Progress of one attempt on its way out: never falling, at most four a second, and the seconds of each stage counted. */
import type { LiveEvent } from "../core/event.ts";
import type { JobProgress, Stage } from "../core/job.ts";

/** Milliseconds between two messages. */
const pace = 250;

export interface Reporter {
  progress(progress: JobProgress): void;
  preview(mediaType: string, data: Uint8Array): void;
  /** The newest, for the row. */
  readonly latest: JobProgress | undefined;
  /** Milliseconds since the engine last showed that it lives. */
  silence(): number;
  /** Sends what is held back, counts the last stage, sends nothing more. */
  end(): void;
}

export function createReporter(
  job: string,
  attempt: number,
  publish: (event: LiveEvent) => void,
  stageEnded: (stage: Stage, seconds: number) => void,
): Reporter {
  let latest: JobProgress | undefined;
  let heard = Date.now();
  let stageSince = Date.now();
  let sentAt = 0;
  let previewAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  const send = () => {
    timer = undefined;
    sentAt = Date.now();
    if (latest) publish({ type: "progress", job, attempt, progress: latest });
  };

  return {
    progress(given) {
      if (ended) return;
      heard = Date.now();
      const fraction = Math.min(1, Math.max(latest?.fraction ?? 0, Number.isFinite(given.fraction) ? given.fraction : 0));
      if (latest && latest.stage !== given.stage) {
        stageEnded(latest.stage, (heard - stageSince) / 1000);
        stageSince = heard;
      }
      latest = { ...given, fraction };
      timer ??= setTimeout(send, Math.max(0, sentAt + pace - heard));
    },
    preview(mediaType, data) {
      heard = Date.now();
      if (ended || heard - previewAt < pace) return;
      previewAt = heard;
      publish({ type: "preview", job, mediaType, data: Buffer.from(data).toString("base64") });
    },
    get latest() {
      return latest;
    },
    silence: () => Date.now() - heard,
    end() {
      if (ended) return;
      ended = true;
      if (timer) {
        clearTimeout(timer);
        send();
      }
      if (latest) stageEnded(latest.stage, (Date.now() - stageSince) / 1000);
    },
  };
}
