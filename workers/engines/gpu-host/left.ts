/** What the runs of a job left in gpu-host: checkpoints that can be kept, and sample pictures. */
import type { Api } from "./api.ts";
import { byAge, parseRunId } from "./run-ids.ts";
import type { RunView } from "./wire.ts";

export interface LeftFile {
  run: string;
  name: string;
  step: number;
  /** Which of the sample prompts. */
  index: number;
}

export interface Left {
  /** Oldest step first; the newer run's where two have the same. */
  checkpoints: LeftFile[];
  samples: LeftFile[];
}

/** Every run of this job, newest first. */
export async function runsOf(api: Api, job: string, signal: AbortSignal): Promise<RunView[]> {
  const named = (await api.runs(signal)).map((view) => ({ view, id: parseRunId(view.id) }));
  return named
    .flatMap(({ view, id }) => (id?.job === job ? [{ view, id }] : []))
    .sort((one, other) => byAge(one.id, other.id))
    .map(({ view }) => view);
}

function unique(files: LeftFile[]): LeftFile[] {
  const found = new Map<string, LeftFile>();
  // newest run first: it stays
  for (const file of files) if (!found.has(`${file.step}/${file.index}`)) found.set(`${file.step}/${file.index}`, file);
  return [...found.values()].sort((one, other) => one.step - other.step || one.index - other.index);
}

/** @param runs newest first, all with the same settings. */
export async function leftOf(api: Api, runs: readonly RunView[], signal: AbortSignal): Promise<Left> {
  const checkpoints: LeftFile[] = [];
  const samples: LeftFile[] = [];
  for (const run of runs) {
    const has = new Set(run.files);
    for await (const event of api.events(run.id, 0, signal, false)) {
      if (event.type === "sample" && has.has(event.name))
        samples.push({ run: run.id, name: event.name, step: event.step, index: event.index });
      if (event.type === "saved" && event.name !== null && has.has(event.name))
        checkpoints.push({ run: run.id, name: event.name, step: event.step, index: 0 });
    }
  }
  return { checkpoints: unique(checkpoints), samples: unique(samples) };
}
