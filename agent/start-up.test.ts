/** Start-up: making the agent loads no chat library; that costs a second and 88 MB, and waits for the first turn. */
import { expect, it, vi } from "vitest";
import { silentLog } from "../core/log.ts";
import { noMetrics } from "../core/ports/metrics.ts";
import { createMemoryPlans } from "./testing/plans.ts";
import { createFakeStudio } from "./testing/studio.ts";

const loaded = vi.hoisted(() => [] as string[]);
vi.mock("@langchain/langgraph", () => {
  loaded.push("langgraph");
  return {};
});
vi.mock("@langchain/langgraph-checkpoint-postgres", () => {
  loaded.push("postgres");
  return {};
});
vi.mock("@langchain/core/messages", () => {
  loaded.push("messages");
  return {};
});
vi.mock("@langchain/ollama", () => {
  loaded.push("ollama");
  return {};
});
vi.mock("@langchain/openai", () => {
  loaded.push("openai");
  return {};
});

it("loads nothing of LangChain before the first turn", async () => {
  const { createAgent } = await import("./agent.ts");
  const { createCheckpointer } = await import("./checkpointer.ts");
  const { chatModelOf } = await import("./model.ts");
  const agent = createAgent({
    studio: createFakeStudio(),
    plans: createMemoryPlans(),
    checkpointer: await createCheckpointer({} as never),
    model: chatModelOf({
      ollama: { url: "http://127.0.0.1:9", configured: false },
      seen: { get: async () => false, set: async () => {} },
      log: silentLog,
    }),
    metrics: noMetrics,
    log: silentLog,
  });
  expect((await agent.status()).planner).toBe("rules");
  expect(loaded).toEqual([]);
});
