/** Shows how the jobs of a turn get on: a bar on a terminal, a line a step in a log. */
import { describeRange } from "../core/describe.ts";
import type { JobProgress } from "../core/job.ts";
import type { JobView } from "../core/view.ts";
import { plainLine } from "./plain.ts";
import type { Terminal } from "./terminal.ts";

/** Percent between two lines of a log. */
const logStep = 10;

const stageWords: Record<JobProgress["stage"], string> = {
  waiting: "waiting",
  making_room: "making room in VRAM",
  loading: "loading model",
  checking: "checking what it works with",
  captioning: "describing the pictures",
  caching: "preparing the pictures",
  training: "training",
  sampling: "sampling",
  saving: "saving",
  upscaling: "upscaling",
  speaking: "speaking",
  animating: "animating",
  lip_sync: "moving the lips",
  joining: "joining",
  encoding: "encoding",
  storing: "storing",
};

interface Known {
  title: string;
  attempt: number;
  state?: JobView["state"];
  /** What the log has shown last. */
  percent: number;
  stage?: string;
  position?: number;
}

export interface ProgressDisplay {
  /** @param told whether the answer has said already that there is such a job, and where it stands. */
  job(job: JobView, told?: boolean): void;
  progress(job: string, progress: JobProgress, position?: number, seconds?: [number, number]): void;
}

function about(seconds: [number, number] | undefined): string {
  return seconds ? `, ${describeRange(seconds)}` : "";
}

function bar(percent: number): string {
  const full = Math.round(percent / 5);
  return `${"█".repeat(full)}${"░".repeat(20 - full)} ${String(percent).padStart(3)} %`;
}

function stageText(progress: JobProgress): string {
  const step = progress.step !== undefined && progress.steps ? ` ${progress.step}/${progress.steps}` : "";
  return `${stageWords[progress.stage] ?? "working"}${step}${progress.note ? `: ${plainLine(progress.note)}` : ""}`;
}

export function createProgress(terminal: Terminal): ProgressDisplay {
  const known = new Map<string, Known>();

  function entry(id: string): Known {
    let found = known.get(id);
    if (!found) {
      found = { title: id, attempt: 0, percent: -logStep };
      known.set(id, found);
    }
    return found;
  }

  function queued(shown: Known, position: number | undefined, seconds: [number, number] | undefined) {
    if (position === undefined) return;
    const text = `waiting: ${position === 1 ? "next" : `number ${position}`} in line${about(seconds)}`;
    terminal.live(`  ${text} · ${shown.title}`);
    if (!terminal.isTTY && shown.position !== position) terminal.line(`  ${text}`);
    shown.position = position;
  }

  return {
    job(job, told = false) {
      const shown = entry(job.id);
      shown.title = plainLine(job.title, 100);
      if (job.attempt !== shown.attempt) {
        // another attempt starts from nothing
        shown.percent = -logStep;
        delete shown.stage;
        shown.attempt = job.attempt;
      }
      const before = shown.state;
      shown.state = job.state;
      if (before === undefined && told && job.position !== undefined) shown.position = job.position;
      if (before === undefined && !told) terminal.line(`▸ ${shown.title}  (${plainLine(job.id, 40)})`);
      if (job.blocked && !told && before === undefined) terminal.line(`  waits for ${plainLine(job.needs?.join(", ") ?? "another job")}`);
      if (job.state === "queued") queued(shown, job.position, job.eta_seconds);
      if (before === job.state) return;
      if (job.state === "canceling") terminal.line(`  canceling ${shown.title}`);
      if (job.state === "canceled") terminal.line(`  canceled ${shown.title}`);
      if (job.state === "succeeded") terminal.line(`  100 % done: ${shown.title}`);
    },
    progress(id, progress, position, seconds) {
      const shown = entry(id);
      if (shown.state === "queued" && position !== undefined) return queued(shown, position, seconds);
      const percent = Math.max(0, Math.min(100, Math.floor(progress.fraction * 100)));
      const stage = stageText(progress);
      terminal.live(`  ${bar(percent)}  ${stage}${about(seconds)} · ${shown.title}`);
      const news = percent >= shown.percent + logStep || progress.stage !== shown.stage;
      // a log shows values that rise: one that is not above the last comes only with another stage
      if (!terminal.isTTY && news && percent >= shown.percent) {
        terminal.line(`  ${String(percent).padStart(3)} % ${stage}`);
        shown.percent = percent;
      }
      shown.stage = progress.stage;
    },
  };
}
