/** One turn of a conversation on a terminal: every part shown, every file saved, and an exit code that tells the truth. */
import type { Part } from "../core/chat.ts";
import type { ChatRequest, Client } from "../core/client.ts";
import { type FailureView, toFailure } from "../core/failure.ts";
import { isTerminal, type JobState } from "../core/job.ts";
import { untilAborted } from "./abortable.ts";
import { plain } from "./plain.ts";
import { createProgress } from "./progress.ts";
import { saveArtifact } from "./save.ts";
import type { Terminal } from "./terminal.ts";

export interface TurnOptions {
  terminal: Terminal;
  /** Folder for results. */
  out: string;
  /** One JSON object a line instead of words. */
  json?: boolean;
  /** Aborted = stop following. Never cancels a job. */
  signal?: AbortSignal;
  /** Called as soon as the conversation's id is known. */
  onConversation?: (id: string) => void | Promise<void>;
}

export interface TurnResult {
  /** 0; 1 when anything failed or was canceled; 130 when the person stopped following. */
  code: number;
  conversation?: string;
  /** Jobs of the turn that were not ended when we stopped looking. */
  open: string[];
  /** Absolute paths, in the order of arrival. */
  saved: string[];
  /** True where the turn ended with a question to the person. */
  asked: boolean;
}

export function failureText(error: FailureView): string {
  const untold = error.fields?.filter((field) => !error.message.includes(field.message)) ?? [];
  const fields = untold.map((field) => `\n  ${field.path}: ${field.message}`).join("");
  return plain(`${error.message}${fields}${error.retryable ? " (trying again may help)" : ""}`);
}

/** JSON that is safe to show: the control characters that JSON itself leaves as they are, too. */
function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Never throws: what goes wrong is shown and in `code`. */
export async function runTurn(client: Client, request: ChatRequest, options: TurnOptions): Promise<TurnResult> {
  const { terminal, signal } = options;
  const states = new Map<string, JobState>();
  const reported = new Set<string>();
  const seen = new Set<string>();
  const progress = createProgress(terminal);
  const result: TurnResult = { code: 0, open: [], saved: [], asked: false };
  let done = false;
  /** Refused before anything was asked for, so that nothing goes on. */
  let refused = false;
  let heard = false;
  /** The answer so far: what it says of a job is not said again. */
  let answer = "";

  async function learn(conversation: string | undefined) {
    if (!conversation || conversation === result.conversation) return;
    result.conversation = conversation;
    await options.onConversation?.(conversation);
  }

  function fail(error: FailureView, job?: string) {
    result.code = 1;
    if (job !== undefined && reported.has(job)) return;
    if (job !== undefined) reported.add(job);
    if (!options.json) terminal.error(`error: ${failureText(error)}`);
  }

  async function save(part: Part & { type: "artifact" }) {
    if (seen.has(part.artifact.id)) return;
    seen.add(part.artifact.id);
    try {
      const path = await saveArtifact(client, part.artifact, options.out, signal);
      result.saved.push(path);
      if (options.json) return terminal.line(jsonLine({ type: "saved", artifact: part.artifact.id, path }));
      if (part.artifact.preview)
        terminal.line("  PREVIEW: it stands in for a real picture, because no GPU engine is set up (`myspinbot doctor` tells how).");
      terminal.line(plain(path));
    } catch (error) {
      if (signal?.aborted) return;
      const view = toFailure(error).view();
      if (options.json) terminal.line(jsonLine({ type: "error", error: view, job: part.job }));
      fail(view);
    }
  }

  async function show(part: Part) {
    if (options.json) terminal.line(jsonLine(part));
    switch (part.type) {
      case "text":
        answer += part.text;
        if (!options.json) terminal.text(part.text);
        break;
      case "job":
        states.set(part.job.id, part.job.state);
        if (!options.json) progress.job(part.job, answer.includes(part.job.id));
        if (part.job.error && part.job.state === "failed") fail(part.job.error, part.job.id);
        await learn(part.job.conversation);
        break;
      case "progress":
        if (!options.json) progress.progress(part.job, part.progress, part.position, part.seconds);
        break;
      case "artifact":
        await save(part);
        break;
      case "question":
        result.asked = true;
        if (!options.json) terminal.line(plain(part.text));
        break;
      case "error":
        fail(part.error, part.job);
        break;
      case "done":
        done = true;
        for (const job of part.jobs) states.set(job.id, job.state);
        await learn(part.conversation);
        break;
      case "preview":
        break;
    }
  }

  try {
    for await (const part of untilAborted(client.chat(request, signal), signal)) {
      heard = true;
      await show(part);
    }
  } catch (error) {
    if (!signal?.aborted) {
      const view = toFailure(error).view();
      refused = !heard && view.code !== "not_running";
      if (options.json) terminal.line(jsonLine({ type: "error", error: view }));
      fail(view);
    }
  }
  terminal.clear();
  // interrupted between the words that name an accepted job and the job itself: the words are as good
  const named = done ? [] : answer.matchAll(/^Job (job_[0-9a-z]{16}) \(.*\) is (?:queued|running)/gm);
  for (const [, id = ""] of named) if (!states.has(id)) states.set(id, "queued");
  result.open = [...states].flatMap(([id, state]) => (isTerminal(state) ? [] : [id]));
  if ([...states.values()].some((state) => state === "failed" || state === "canceled")) result.code = 1;
  if (signal?.aborted && !done) result.code = 130;
  else if (!done && result.code === 0) {
    result.code = 1;
    terminal.error("error: The connection to the studio ended before the answer did.");
  }
  if ((!done && !refused) || result.open.length > 0) farewell(terminal, result.open);
  return result;
}

/** The person leaves, the work goes on. */
function farewell(terminal: Terminal, open: string[]) {
  if (open.length === 0) return terminal.error("What was already asked for goes on. See it with: myspinbot chat '/jobs'");
  for (const id of open.map((job) => plain(job)))
    terminal.error(`The job goes on. Follow it with: myspinbot chat '/wait ${id}'   Cancel it with: myspinbot chat '/cancel ${id}'`);
}
