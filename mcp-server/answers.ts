/** What a call says: text that is enough alone, the same as data, and for finished jobs their files. */
import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/server";
import type { InvokedView } from "../core/client.ts";
import { describeRange } from "../core/describe.ts";
import type { Failure } from "../core/failure.ts";
import { isTerminal } from "../core/job.ts";
import type { JsonObject } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { ArtifactView, JobView } from "../core/view.ts";
import type { Door } from "./door.ts";
import { artifactUri, link, previews } from "./files.ts";

export interface AnswerParts {
  door: Pick<Door, "thumbnail">;
  origin?: string;
  log: Log;
}

/** Recipe and path are left out: the first is in the resource, the second means nothing to an MCP client. */
function artifactData({ recipe: _recipe, path, job_id: _job, ...artifact }: ArtifactView, origin?: string): JsonObject {
  const plain = { ...artifact, uri: artifactUri(artifact.id), ...(origin ? { url: `${origin}${path}` } : {}) };
  return plain as unknown as JsonObject;
}

function jobData(job: JobView, origin?: string): JsonObject {
  const plain = { ...job, artifacts: job.artifacts.map((artifact) => artifactData(artifact, origin)) };
  return plain as unknown as JsonObject;
}

/** In a list the resolved inputs would crowd out everything else; get_job has them. */
function briefData(job: JobView, origin?: string): JsonObject {
  const { input: _input, ...brief } = jobData(job, origin);
  return brief;
}

function whatNext(job: JobView): string {
  return `Next: wait_for_job with {"job_id":"${job.id}"}. The job goes on whether you wait or not.`;
}

function standing(job: JobView): string {
  const place = job.position === undefined ? "" : job.position === 1 ? ", next in line" : `, number ${job.position} in line`;
  return `${job.state}${place}${job.eta_seconds ? `, done in ${describeRange(job.eta_seconds)}` : ""}`;
}

async function fileBlocks(job: JobView | undefined, parts: AnswerParts): Promise<ContentBlock[]> {
  if (job?.state !== "succeeded") return [];
  return [...job.artifacts.map(link), ...(await previews(job.artifacts, parts))];
}

function fileLines(job: JobView | undefined, origin?: string): string {
  if (job?.state !== "succeeded") return "";
  return job.artifacts.map((file) => `\n${file.name}: ${origin ? `${origin}${file.path}` : artifactUri(file.id)}`).join("");
}

export async function jobResult(result: Extract<InvokedView, { kind: "job" }>, parts: AnswerParts): Promise<CallToolResult> {
  const { job, created } = result;
  const lead = created ? "Accepted as" : "The same call was accepted before as";
  const next = isTerminal(job.state) ? "" : ` Nothing is made yet. ${whatNext(job)}`;
  const text = `${lead} job ${job.id} (${job.title}), ${standing(job)}.${next}${fileLines(job, parts.origin)}`;
  return {
    content: [{ type: "text", text }, ...(await fileBlocks(job, parts))],
    structuredContent: { job: jobData(job, parts.origin), created },
  };
}

export async function answerResult(answer: Extract<InvokedView, { kind: "answer" }>, parts: AnswerParts): Promise<CallToolResult> {
  const { job, jobs, ...data } = answer.data as { job?: JobView; jobs?: JobView[] } & JsonObject;
  const next = job && answer.follow && !isTerminal(job.state) ? `\n${whatNext(job)}` : "";
  return {
    content: [{ type: "text", text: `${answer.text}${fileLines(job, parts.origin)}${next}` }, ...(await fileBlocks(job, parts))],
    structuredContent: {
      ...data,
      ...(job ? { job: jobData(job, parts.origin) } : {}),
      ...(jobs ? { jobs: jobs.map((entry) => briefData(entry, parts.origin)) } : {}),
    },
  };
}

export function failureResult(failure: Failure): CallToolResult {
  const view = failure.view();
  return {
    content: [{ type: "text", text: `${view.code}: ${view.message}` }],
    structuredContent: { error: view },
    isError: true,
  };
}
