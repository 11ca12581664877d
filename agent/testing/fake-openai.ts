/** A fake of an OpenAI-compatible server: `/v1/models` and streamed `/v1/chat/completions` with tool calls in pieces, as vLLM sends them. */
import type { ServerResponse } from "node:http";
import type { JsonObject } from "../../core/json.ts";
import type { FakeReply } from "./fake-ollama.ts";
import { type FakeServer, json, serve } from "./http.ts";

export interface FakeOpenAi extends FakeServer {
  /** With `/v1`, as `OPENAI_BASE_URL` has it. */
  baseUrl: string;
  chats(): JsonObject[];
}

function stream(reply: FakeReply, model: string, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (delta: JsonObject, finish_reason: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`,
    );
  send({ role: "assistant", content: "" });
  for (const content of typeof reply.text === "string" ? [reply.text] : (reply.text ?? [])) send({ content });
  for (const [index, { name, arguments: input }] of (reply.calls ?? []).entries()) {
    const text = JSON.stringify(input);
    const half = Math.floor(text.length / 2);
    send({ tool_calls: [{ index, id: `call_${index}`, type: "function", function: { name, arguments: "" } }] });
    for (const piece of [text.slice(0, half), text.slice(half)]) send({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  if (reply.hang) return;
  if (reply.breakOff) {
    // what was written must have left before
    setTimeout(() => response.destroy(), 50);
    return;
  }
  send({}, reply.doneReason ?? (reply.calls?.length ? "tool_calls" : "stop"));
  response.end("data: [DONE]\n\n");
}

/** What a server does not take, and how it says so. */
type Refusals = Partial<Record<"tools" | "schema" | "pictures", { status: number; error: string }>>;

function refused(body: JsonObject, refuses: Refusals) {
  const parts = ((body["messages"] ?? []) as { content: unknown }[]).flatMap(({ content }) => (Array.isArray(content) ? content : []));
  if (body["tools"] !== undefined && refuses.tools) return refuses.tools;
  if (body["response_format"] !== undefined && refuses.schema) return refuses.schema;
  return parts.some((part: { type?: string }) => part.type === "image_url") ? refuses.pictures : undefined;
}

export async function startFakeOpenAi(
  options: { model?: string; key?: string; replies?: FakeReply[]; refuses?: Refusals } = {},
): Promise<FakeOpenAi> {
  const { model = "served-model", key, replies = [{ text: "Hello." }], refuses = {} } = options;
  let answered = 0;
  const server = await serve((call, response) => {
    if (key && call.headers.authorization !== `Bearer ${key}`)
      return json(response, { error: { message: "Incorrect API key provided" } }, 401);
    if (call.path === "/v1/models") return json(response, { object: "list", data: [{ id: model, object: "model" }] });
    if (call.path !== "/v1/chat/completions") return json(response, { error: { message: "Not found" } }, 404);
    if (call.body["model"] !== model)
      return json(response, { error: { message: `The model \`${String(call.body["model"])}\` does not exist.`, code: 404 } }, 404);
    const no = refused(call.body, refuses);
    if (no) return json(response, { error: { message: no.error, type: "invalid_request_error" } }, no.status);
    const reply = replies[Math.min(answered++, replies.length - 1)] ?? {};
    if (reply.status) return json(response, { error: { message: reply.error ?? "something failed" } }, reply.status);
    stream(reply, model, response);
  });
  return {
    ...server,
    baseUrl: `${server.url}/v1`,
    chats: () => server.calls.filter((call) => call.path === "/v1/chat/completions").map((call) => call.body),
  };
}
