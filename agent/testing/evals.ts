/** Runs the request set through whole turns of the agent without a model, and compares what reached the studio. */
import { readFileSync } from "node:fs";
import type { JobState } from "../../core/job.ts";
import { canonicalJson, type JsonObject } from "../../core/json.ts";
import { parseInput } from "../../core/parse.ts";
import { picture } from "../../tools/testing/context.ts";
import type { ChatModelSource } from "../model.ts";
import { createTestChat } from "./chat.ts";
import { createFakeStudio, jobRow } from "./studio.ts";

interface Expected {
  tool: string;
  input: Record<string, unknown>;
}

export interface Entry {
  lang?: string;
  text: string;
  context?: string;
  attachments?: string[];
  /** Media type of these, where they are no pictures. */
  media?: string;
  calls: Expected[];
}

interface RequestSet {
  contexts: Record<
    string,
    { jobs: { id: string; tool: string; state: JobState; message: string; input: JsonObject; artifacts: string[] }[] }
  >;
  main: Entry[];
  heldout: Entry[];
}

export const requests = JSON.parse(readFileSync(new URL("../evals/requests.json", import.meta.url), "utf8")) as RequestSet;

/** Written without sight of the planner, measured before it was improved: see the file's "about". */
export const unseen = JSON.parse(readFileSync(new URL("../evals/unseen.json", import.meta.url), "utf8")) as {
  main: Entry[];
  quiet: Entry[];
};

/** In looser words than the rules know, for guided planning. */
export const loose = JSON.parse(readFileSync(new URL("../evals/loose.json", import.meta.url), "utf8")) as { main: Entry[]; quiet: Entry[] };

export interface Result {
  entry: Entry;
  right: boolean;
  /** Something was submitted or changed where nothing may be. */
  falseSubmission: boolean;
  got: { tool: string; input: unknown }[];
}

const plain = (prompt: string) =>
  prompt
    .trim()
    .toLowerCase()
    .replace(/[.!?]+$/, "")
    .replace(/^(a|an|the|ein|eine|einen|einem|einer|der|die|das|un|una|el|la) /, "");

function same(expected: Expected, got: { tool: string; input: unknown }, studio: ReturnType<typeof createFakeStudio>): boolean {
  if (expected.tool !== got.tool) return false;
  const { prompt, ...rest } = expected.input;
  const any = Array.isArray(prompt) ? (prompt as string[]) : prompt === undefined ? [undefined] : [prompt as string];
  const tool = studio.tool(expected.tool);
  const actual = parseInput(tool, got.input);
  return any.some((words) => {
    const wanted = parseInput(tool, words === undefined ? rest : { ...rest, prompt: words });
    const flat = (input: Record<string, unknown>) =>
      canonicalJson({ ...input, ...(typeof input["prompt"] === "string" ? { prompt: plain(input["prompt"]) } : {}) });
    return flat(wanted) === flat(actual);
  });
}

async function runEntry(entry: Entry, model: ChatModelSource | undefined): Promise<Result> {
  const studio = createFakeStudio();
  const conversation = "conv_eval";
  for (const job of requests.contexts[entry.context ?? "empty"]?.jobs ?? []) {
    const files = job.artifacts.map((id, ordinal) => picture(id, { job: job.id, ordinal }));
    studio.files.push(...files);
    studio.jobs.push(jobRow({ ...job, artifacts: files, origin: { conversation, message: job.message, ordinal: 0 } }));
  }
  for (const id of entry.attachments ?? []) studio.files.push(picture(id, entry.media ? { mediaType: entry.media } : {}));
  const before = canonicalJson(studio.jobs.map((job) => job.state));
  const chat = createTestChat({ studio, model });
  await chat.turn(entry.text, { conversation, message: "msg_now", attachments: entry.attachments ?? [] });
  const got = studio.invoked.map(({ tool, input }) => ({ tool, input }));
  const right =
    got.length === entry.calls.length && entry.calls.every((call, at) => same(call, got[at] ?? { tool: "", input: {} }, studio));
  const changed = canonicalJson(studio.jobs.map((job) => job.state)) !== before || (await studio.paused()) !== undefined;
  return { entry, right, got, falseSubmission: entry.calls.length === 0 && (got.length > 0 || changed) };
}

export async function runSet(entries: readonly Entry[], model?: ChatModelSource): Promise<Result[]> {
  const results: Result[] = [];
  for (const entry of entries) results.push(await runEntry(entry, model));
  return results;
}
