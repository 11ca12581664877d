/** A model on Ollama, through LangChain's ChatOllama: one client a turn, so that an abort ends this turn's request and no other. */
import { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PlanningModel, Tuning } from "./answer.ts";
import { tuned } from "./answer.ts";
import { collect } from "./collect.ts";
import type { Place } from "./placement.ts";
import { openWire } from "./wire.ts";

/** How long Ollama keeps a copy on the processor: long enough for the next question, no longer, for it takes as much RAM. */
const copyKept = "1m";

/** What a model is loaded with: a request with others makes Ollama load it again. */
export function loadOptions(tuning: Tuning): JsonObject {
  return { num_ctx: tuned(tuning).contextTokens, ...(tuning.threads ? { num_thread: tuning.threads } : {}) };
}

export function ollamaModel(parts: {
  url: string;
  model: string;
  thinks: boolean;
  sees: boolean;
  tuning: Tuning;
  down(cause: unknown): Failure;
  missing(model: string): Failure;
  /** On the card or not; asked before each request. */
  place(signal: AbortSignal): Promise<Place>;
}): PlanningModel {
  const { url, model, tuning } = parts;
  const { contextTokens, answerTokens, keepAlive, patience } = tuned(tuning);
  const rejected = (status: number, said: string) =>
    status === 404
      ? parts.missing(model)
      : new Failure("model_failed", `The chat model ${model} answered ${status}: "${said}". Try again, or use a slash command (/help).`, {
          retryable: status >= 500,
        });
  return {
    name: model,
    url,
    sees: parts.sees,
    async ask(messages, tools, { signal, onText, form }) {
      signal.throwIfAborted();
      const { ChatOllama } = await import("@langchain/ollama");
      const place = await parts.place(signal);
      const wire = openWire({
        signal,
        patience,
        refused: parts.down,
        rejected,
        stuck: (seconds) =>
          new Failure("model_unavailable", `The chat model ${model} said nothing for ${seconds} s. Look at it with: ollama ps`, {
            retryable: true,
          }),
      });
      const chat = new ChatOllama({
        baseUrl: url,
        model,
        temperature: 0,
        numCtx: contextTokens,
        numPredict: form?.tokens ?? answerTokens,
        ...(form ? { format: form.schema } : {}),
        keepAlive: place.cpu ? copyKept : keepAlive,
        ...(place.cpu ? { numGpu: 0 } : {}),
        ...(tuning.threads ? { numThread: tuning.threads } : {}),
        ...(parts.thinks ? { think: false } : {}),
        fetch: wire.fetch,
        maxRetries: 0,
      });
      const broken = (cause: unknown) =>
        new Failure("model_failed", `The chat model ${model} broke off. Try again; if it stays, look at Ollama's log.`, {
          cause,
          retryable: true,
        });
      try {
        const stream = await (tools.length > 0 ? chat.bindTools(tools) : chat).stream(messages, { signal });
        return await collect(stream, { wire, signal, onText, broken });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw wire.failure() ?? (error instanceof Failure ? error : broken(error));
      } finally {
        wire.end();
        await place.leave();
      }
    },
  };
}
