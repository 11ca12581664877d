/** A job in plain words: what every face says of it. */
import { isTerminal, type JobWithArtifacts } from "./job.ts";

export interface Outlook {
  position?: number;
  seconds?: [number, number];
  /** Why nothing that is connected can run it, and what brings that. */
  missing?: string;
}

function span(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** `about 20–40 s`. */
export function describeRange([from, to]: [number, number]): string {
  const [low, high] = [span(from), span(to)];
  return low === high ? `about ${low}` : `about ${low} to ${high}`;
}

/** One to three lines: state, where it stands, what came of it, what to do next, and what is to be known of it each time. */
export function describeJob(job: JobWithArtifacts, outlook: Outlook = {}): string {
  return [stateOf(job, outlook), ...(job.notes ?? [])].join("\n");
}

function stateOf(job: JobWithArtifacts, outlook: Outlook): string {
  const head = `Job ${job.id} (${job.title})`;
  if (job.blocked) return `${head} waits for ${job.needs?.join(", ") ?? "another job"} and starts by itself when that is done.`;
  if (job.state === "queued") {
    if (outlook.missing) return `${head} is queued and waits: ${outlook.missing}. It starts by itself then.`;
    const place = outlook.position === undefined ? "" : outlook.position === 1 ? ", next in line" : `, number ${outlook.position} in line`;
    return `${head} is queued${place}${outlook.seconds ? `, done in ${describeRange(outlook.seconds)}` : ""}.`;
  }
  if (!isTerminal(job.state)) {
    const at = job.progress ? `: ${job.progress.stage} ${Math.round(job.progress.fraction * 100)} %` : "";
    const note = job.progress?.note ? ` (${job.progress.note})` : "";
    return `${head} is ${job.state}${at}${note}${outlook.seconds ? `, ${describeRange(outlook.seconds)} to go` : ""}.`;
  }
  if (job.state === "canceled") return `${head} was canceled. retry_job starts it again.`;
  if (job.state === "failed") return `${head} failed: ${job.error?.message ?? "no cause was recorded."} retry_job starts it again.`;
  const files = job.artifacts.map((artifact) => {
    const pixels = artifact.width && artifact.height ? `, ${artifact.width}x${artifact.height}` : "";
    const size = `${pixels}${artifact.seconds === undefined ? "" : `, ${artifact.seconds.toFixed(1)} s`}`;
    return `${artifact.id} ${artifact.name} (${artifact.mediaType}${size}${artifact.recipe?.preview ? ", PREVIEW: not a real render" : ""})`;
  });
  return `${head} succeeded.\n${files.join("\n")}`;
}
