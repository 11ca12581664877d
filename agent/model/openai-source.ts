/** Any OpenAI-compatible server (vLLM, llama.cpp, LM Studio, …) as the source of the planning model. Such servers tell no capabilities: each is tried, and a refusal is remembered for a while. */
import type { ChatModelSource } from "../model.ts";
import { NotOffered, type PlanningModel, type Tuning, tuned } from "./answer.ts";
import { openAiRequest } from "./openai.ts";
import { refusals, refusesPictures, refusesSchema, refusesSize, refusesTools } from "./refusals.ts";

export function createOpenAiSource(server: { baseUrl: string; model: string; apiKey?: string }, tuning: Tuning): ChatModelSource {
  const { baseUrl: url, model, apiKey } = server;
  const request = openAiRequest(server, tuned(tuning));
  const refused = refusals();

  const planning: PlanningModel = {
    name: model,
    url,
    get sees() {
      return !refused.has("pictures");
    },
    async ask(given, tools, options) {
      const { holdsPictures, withoutPictures } = await import("./pictures.ts");
      const blind = refused.has("pictures") ? withoutPictures(given) : given;
      const first = await request(blind, tools, options);
      if ("answer" in first) return first.answer;
      const { refusal, failure } = first;
      if (refusal && tools.length > 0 && refusesTools(refusal)) {
        refused.add("tools");
        throw new NotOffered("tool calls", model, refusal.said);
      }
      if (refusal && options.form && refusesSchema(refusal)) {
        refused.add("schema");
        throw new NotOffered("answers to a schema", model, refusal.said);
      }
      if (!refusal || !holdsPictures(blind) || !refusesPictures(refusal)) throw failure;
      const second = await request(withoutPictures(blind), tools, options);
      // what fails without pictures too was not about them
      if (!("answer" in second)) throw second.failure;
      if (!refusesSize(refusal)) refused.add("pictures");
      return second.answer;
    },
  };

  return {
    async choose() {
      if (!refused.has("tools")) return { planner: "native", model: planning };
      if (!refused.has("schema")) return { planner: "guided", model: planning };
      return { planner: "rules", note: `Planned by rules: the chat model ${model} offers neither tool calls nor answers to a schema.` };
    },
    async status() {
      try {
        const response = await fetch(`${url}/models`, {
          signal: AbortSignal.timeout(4000),
          headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
        });
        await response.body?.cancel();
        if (response.ok) return { planner: refused.has("tools") ? "guided" : "native", model, url };
        return { planner: "native", model, url, note: `${url} answers ${response.status}`, fix: "set OPENAI_API_KEY and OPENAI_BASE_URL" };
      } catch {
        return { planner: "native", model, url, note: `${url} does not answer`, fix: `start the server at ${url}` };
      }
    },
    // its server has no way to unload
    async release() {},
    // nor is it asked where a job runs: it is left alone
    onCpu: async () => false,
  };
}
