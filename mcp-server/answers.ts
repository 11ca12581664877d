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
import { type Addresses, type AddressParts, addressesOf, artifactUri, link, previews } from "./files.ts";

export interface AnswerParts extends AddressParts {
  door: Pick<Door, "thumbnail" | "link">;
}

export function answerParts(door: AnswerParts["door"], origin: (() => string | undefined) | undefined, log: Log): AnswerParts {
  const at = origin?.();
  return { door, ...(at ? { origin: at } : {}), log };
}

/** Recipe and path are left out: the first is in the resource, the second means nothing to an MCP client. */
function artifactData({ recipe: _recipe, path: _path, job_id: _job, ...artifact }: ArtifactView, addresses?: Addresses): JsonObject {
  const plain = { ...artifact, uri: artifactUri(artifact.id), ...addresses?.get(artifact.id) };
  return plain as unknown as JsonObject;
}

export function jobData(job: JobView, addresses?: Addresses): JsonObject {
  const plain = { ...job, artifacts: job.artifacts.map((artifact) => artifactData(artifact, addresses)) };
  return plain as unknown as JsonObject;
}

/** In a list the resolved inputs and links that end soon would crowd out everything else; get_job has them. */
function briefData(job: JobView): JsonObject {
  const { input: _input, ...brief } = jobData(job);
  return brief;
}

function whatNext(job: JobView): string {
  return `Next: wait_for_job with {"job_id":"${job.id}"}. The job goes on whether you wait or not.`;
}

/** Where a job stands, in a few words. */
export function standing(job: JobView): string {
  const place = job.position === undefined ? "" : job.position === 1 ? ", next in line" : `, number ${job.position} in line`;
  const { stage, fraction, note } = job.progress ?? {};
  const at = stage === undefined ? "" : `, ${stage} ${Math.round((fraction ?? 0) * 100)} %${note ? ` (${note})` : ""}`;
  return `${job.state}${place}${at}${job.eta_seconds ? `, done in ${describeRange(job.eta_seconds)}` : ""}`;
}

async function fileBlocks(job: JobView | undefined, parts: AnswerParts): Promise<ContentBlock[]> {
  if (job?.state !== "succeeded") return [];
  return [...job.artifacts.map(link), ...(await previews(job.artifacts, parts))];
}

function fileLines(job: JobView | undefined, addresses: Addresses): string {
  if (job?.state !== "succeeded") return "";
  const lines = job.artifacts.map((file) => `\n${file.name}: ${addresses.get(file.id)?.url ?? artifactUri(file.id)}`);
  const [first] = [...addresses.values()].flatMap((address) => address.url_expires_at ?? []).sort();
  if (first !== undefined) lines.push(`\nLinks open without a key until ${first}; get_job with {"job_id":"${job.id}"} gives new ones.`);
  return lines.join("");
}

export async function jobResult(result: Extract<InvokedView, { kind: "job" }>, parts: AnswerParts): Promise<CallToolResult> {
  const { job, created } = result;
  const lead = created ? "Accepted as" : "The same call was accepted before as";
  const next = isTerminal(job.state) ? "" : ` Nothing is made yet. ${whatNext(job)}`;
  const addresses = await addressesOf(job.artifacts, parts);
  const text = `${lead} job ${job.id} (${job.title}), ${standing(job)}.${next}${fileLines(job, addresses)}`;
  return {
    content: [{ type: "text", text }, ...(await fileBlocks(job, parts))],
    structuredContent: { job: jobData(job, addresses), created },
  };
}

export async function answerResult(answer: Extract<InvokedView, { kind: "answer" }>, parts: AnswerParts): Promise<CallToolResult> {
  const { job, jobs, ...data } = answer.data as { job?: JobView; jobs?: JobView[] } & JsonObject;
  const addresses = await addressesOf(job?.artifacts ?? [], parts);
  const next = job && answer.follow && !isTerminal(job.state) ? `\n${whatNext(job)}` : "";
  return {
    content: [{ type: "text", text: `${answer.text}${fileLines(job, addresses)}${next}` }, ...(await fileBlocks(job, parts))],
    structuredContent: {
      ...data,
      ...(job ? { job: jobData(job, addresses) } : {}),
      ...(jobs ? { jobs: jobs.map(briefData) } : {}),
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
