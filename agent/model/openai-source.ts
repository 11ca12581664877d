/** Any OpenAI-compatible server (vLLM, llama.cpp, LM Studio, …) as the source of the planning model. Such servers do not tell capabilities: tools are assumed. */
import { Failure } from "../../core/failure.ts";
import type { ChatModelSource } from "../model.ts";
import { type PlanningModel, type Tuning, tuned } from "./answer.ts";
import { collect } from "./collect.ts";
import { openWire } from "./wire.ts";

export function createOpenAiSource(server: { baseUrl: string; model: string; apiKey?: string }, tuning: Tuning): ChatModelSource {
  const { baseUrl: url, model, apiKey } = server;
  const { answerTokens, patience } = tuned(tuning);
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

  const planning: PlanningModel = {
    name: model,
    url,
    async ask(messages, tools, { signal, onText }) {
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
        maxTokens: answerTokens,
        maxRetries: 0,
        streaming: true,
        configuration: { baseURL: url, fetch: wire.fetch },
      });
      try {
        const stream = await chat.bindTools(tools).stream(messages, { signal });
        return await collect(stream, { wire, signal, onText, broken });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw wire.failure() ?? (error instanceof Failure ? error : broken(error));
      } finally {
        wire.end();
      }
    },
  };

  return {
    choose: async () => ({ planner: "native", model: planning }),
    async status() {
      try {
        const response = await fetch(`${url}/models`, {
          signal: AbortSignal.timeout(4000),
          headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
        });
        await response.body?.cancel();
        if (response.ok) return { planner: "native", model, url };
        return { planner: "native", model, url, note: `${url} answers ${response.status}`, fix: "set OPENAI_API_KEY and OPENAI_BASE_URL" };
      } catch {
        return { planner: "native", model, url, note: `${url} does not answer`, fix: `start the server at ${url}` };
      }
    },
    // its server has no way to unload
    async release() {},
  };
}
