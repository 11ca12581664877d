/** The OpenAI-compatible way in: chat completions, streamed or whole, and the list of the one model there is. */
import type { Context, Hono } from "hono";
import type { TurnRequest } from "../../core/chat.ts";
import { converse } from "../../core/converse.ts";
import { Failure } from "../../core/failure.ts";
import type { Principal } from "../../core/principal.ts";
import { createAddresses } from "../addresses.ts";
import { readJson } from "../body.ts";
import type { Env } from "../env.ts";
import { failureResponse, HttpFailure } from "../failures.ts";
import { originOf } from "../origin.ts";
import type { AppParts } from "../parts.ts";
import { frameStream, requestSignal } from "../sse.ts";
import { traceOf } from "../trace.ts";
import { chunksFor, completion, extraOf } from "./answer.ts";
import { openaiError } from "./errors.ts";
import { attach, maxRequest } from "./pictures.ts";
import { type CompletionRequest, modelId, picturesOf, readRequest, wordsOf } from "./request.ts";
import { branchOf, type Thread, type Trace, threadOf } from "./thread.ts";
import { createWriter, type Writer } from "./writer.ts";

/** OpenAI's own clients give up after 10 minutes: they are to read what goes on before. */
const holdMs = 9 * 60_000;
/** Jobs of a conversation among which an earlier turn's are looked for. */
const reach = 200;

interface Begun {
  request: CompletionRequest;
  thread: Thread;
  turn: TurnRequest;
  writer: Writer;
  created: number;
}

/** What earlier turns of the conversation left: their jobs, and the questions that are open. */
async function tracesOf(studio: AppParts["studio"], principal: Principal, conversation: string): Promise<Trace[]> {
  const [jobs, questions] = await Promise.all([
    studio.list(principal, { conversation, limit: reach }),
    studio.approvals.list(principal, { open: true, limit: reach }),
  ]);
  return [...jobs, ...questions.filter(({ origin }) => origin.conversation === conversation)];
}

/** All that can be refused is refused here, while the status can still tell. */
async function begin(c: Context<Env>, parts: AppParts): Promise<Begun> {
  const { studio, limits, access } = parts;
  const principal = c.get("principal");
  const request = readRequest(await readJson(c, maxRequest(limits)));
  const thread = threadOf(principal, request, c.req.header("x-idempotency-key") ?? c.req.header("idempotency-key"));
  const { conversation, message, asked, index, earlier } = thread;
  const attachments = await attach(parts, principal, picturesOf(asked), index);
  const branch = branchOf(thread, earlier.length > 0 ? await tracesOf(studio, principal, conversation) : []);
  const origin = originOf(c.req.raw, access);
  const address = createAddresses(parts);
  return {
    request,
    thread,
    turn: { principal, conversation, message, text: wordsOf(asked), attachments, ...(branch ? { branch } : {}), ...traceOf(c) },
    writer: createWriter(async (artifact) => new URL(address(principal, artifact).path, origin).href),
    created: Math.floor(Date.now() / 1000),
  };
}

type Line = { data: unknown } | { note: string };

/** The chunks of a turn. A reader who leaves, and a server that ends, cut it off without `[DONE]`; the jobs go on. */
async function* chunks(parts: AppParts, { request, thread, turn, writer, created }: Begun, signal: AbortSignal): AsyncGenerator<Line> {
  const make = chunksFor(thread, created, request.stream_options?.include_usage === true);
  yield { data: make.first() };
  for await (const part of converse(parts, turn, signal)) {
    const { content, note } = await writer.write(part);
    if (content) yield { data: make.text(content) };
    else if (note) yield { note };
  }
  if (signal.aborted) return;
  yield { data: make.last(extraOf(thread, writer)) };
  if (request.stream_options?.include_usage) yield { data: make.usage() };
  yield { data: "[DONE]" };
}

function frame(line: Line): string {
  if ("note" in line) return `: ${line.note}\n\n`;
  return `data: ${typeof line.data === "string" ? line.data : JSON.stringify(line.data)}\n\n`;
}

/** The whole text, or after the hold what there is of it and what goes on. */
async function whole(c: Context<Env>, parts: AppParts, { thread, turn, writer, created }: Begun): Promise<Response> {
  const hold = parts.openaiHoldMs ?? holdMs;
  const { signal, release } = requestSignal(c);
  const end = new AbortController();
  const stop = () => end.abort(new Failure("not_running", "The studio is ending. Send the same request again.", { retryable: true }));
  const late = () =>
    end.abort(new Failure("timeout", `Nothing was planned within ${hold / 1000} s. Send the same request again.`, { retryable: true }));
  signal.addEventListener("abort", stop);
  const timer = setTimeout(late, hold);
  let text = "";
  try {
    if (signal.aborted) stop();
    for await (const part of converse(parts, turn, end.signal)) text += (await writer.write(part)).content ?? "";
    if (end.signal.aborted && writer.jobs().length === 0) throw end.signal.reason;
    text += writer.stillOpen();
  } catch (error) {
    // what was submitted before must not look like nothing
    if (!end.signal.aborted || writer.jobs().length === 0) throw error;
    text += writer.stillOpen();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    release();
  }
  return c.json(completion(thread, created, text, extraOf(thread, writer)));
}

export function openaiRoutes(app: Hono<Env>, parts: AppParts): void {
  const begunAt = Math.floor(Date.now() / 1000);
  const model = { id: modelId, object: "model", created: begunAt, owned_by: "myspinbot" };

  app.get("/v1/models", (c) => c.json({ object: "list", data: [model] }));

  app.get("/v1/models/:model", (c) => {
    const asked = c.req.param("model");
    if (asked === modelId) return c.json(model);
    throw new HttpFailure(404, "unknown_model", `There is no model "${asked.slice(0, 60)}" here. Use "${modelId}".`);
  });

  app.post("/v1/chat/completions", async (c) => {
    const begun = await begin(c, parts);
    if (!begun.request.stream) return whole(c, parts, begun);
    return frameStream(c, parts.log, (signal) => chunks(parts, begun, signal), {
      frame,
      // a broken stream has no status any more: clients read the same shape inside it
      failure: (failure) => frame({ data: openaiError(failure, failureResponse(failure).status) }),
      first: ": myspinbot\n\n",
    });
  });
}
