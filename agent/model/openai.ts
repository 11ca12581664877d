/** One request to a model on an OpenAI-compatible server, through LangChain's ChatOpenAI. What the server refused comes back as data. */
import type { BaseMessage } from "@langchain/core/messages";
import { Failure } from "../../core/failure.ts";
import type { AskOptions, ModelAnswer, OfferedTool, tuned } from "./answer.ts";
import { collect } from "./collect.ts";
import { openWire, type Refusal } from "./wire.ts";

type Asked = { answer: ModelAnswer } | { failure: unknown; refusal: Refusal | undefined };

export function openAiRequest(
  { baseUrl: url, model, apiKey }: { baseUrl: string; model: string; apiKey?: string },
  { answerTokens, patience }: ReturnType<typeof tuned>,
) {
  const start = `Start the server at ${url}, or change OPENAI_BASE_URL.`;
  const refused = (cause: unknown) =>
    new Failure("model_unavailable", `The chat model ${model} cannot be reached: ${url} does not answer. ${start}`, {
      cause,
      retryable: true,
    });
  const rejected = (status: number, said: string) => {
    if (status === 404)
      return new Failure("model_unavailable", `${url} has no chat model ${model} ("${said}"). Set OPENAI_MODEL to one that it has.`);
    if (status === 401 || status === 403)
      return new Failure("model_unavailable", `${url} refused the key (${status}). Set OPENAI_API_KEY.`);
    return new Failure(
      "model_failed",
      `The chat model ${model} answered ${status}: "${said}". Try again, or use a slash command (/help).`,
      {
        retryable: status >= 500 || status === 429,
      },
    );
  };
  const broken = (cause: unknown) =>
    new Failure("model_failed", `The chat model ${model} at ${url} broke off. Try again.`, { cause, retryable: true });

  return async (messages: BaseMessage[], tools: OfferedTool[], { signal, onText, form }: AskOptions): Promise<Asked> => {
    signal.throwIfAborted();
    const { ChatOpenAI } = await import("@langchain/openai");
    const wire = openWire({
      signal,
      patience,
      refused,
      rejected,
      stuck: (seconds) =>
        new Failure("model_unavailable", `The chat model ${model} said nothing for ${seconds} s. ${start}`, { retryable: true }),
    });
    const chat = new ChatOpenAI({
      model,
      // the client wants one; a local server does not look at it
      apiKey: apiKey ?? "none",
      temperature: 0,
      maxTokens: form?.tokens ?? answerTokens,
      maxRetries: 0,
      streaming: true,
      configuration: { baseURL: url, fetch: wire.fetch },
      ...(form
        ? { modelKwargs: { response_format: { type: "json_schema", json_schema: { name: "fields", strict: true, schema: form.schema } } } }
        : {}),
    });
    try {
      const stream = await (tools.length > 0 ? chat.bindTools(tools) : chat).stream(messages, { signal });
      return { answer: await collect(stream, { wire, signal, onText, broken }) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return { failure: wire.failure() ?? (error instanceof Failure ? error : broken(error)), refusal: wire.refusal() };
    } finally {
      wire.end();
    }
  };
}
