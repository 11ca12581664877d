/** `delivery` of a chat turn: taken as `POST /v1/deliveries` takes it, and handed on whole. */
import { describe, expect, it } from "vitest";
import type { Part } from "../core/chat.ts";
import { createApp } from "./app.ts";
import { scriptedAgent, testParts } from "./testing/app-parts.ts";

function start() {
  const agent = scriptedAgent(async function* ({ conversation, message }): AsyncGenerator<Part> {
    yield { type: "done", conversation, message, planner: "rules", jobs: [] };
  });
  const parts = testParts({ agent });
  const app = createApp(parts);
  const send = async (path: string, body: object) => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await app.request(path, init);
    const text = await response.text();
    return {
      status: response.status,
      fields: response.status === 400 ? (JSON.parse(text).error.fields as { path: string; message: string }[]) : [],
    };
  };
  return { agent, studio: parts.studio, send };
}

describe("a turn's delivery", () => {
  it("reaches the agent; only the lease has a default that matters", async () => {
    const { agent, send } = start();
    const target = { chat: "c1", message: "m1" };
    expect((await send("/v1/chat", { text: "a fox", delivery: { target, worker: "w", lease_seconds: 30 } })).status).toBe(200);
    expect((await send("/v1/chat", { text: "a fox", delivery: { target } })).status).toBe(200);
    expect((await send("/v1/chat", { text: "a fox" })).status).toBe(200);
    expect(agent.turns.map((turn) => turn.delivery)).toEqual([
      { target, worker: "w", leaseSeconds: 30 },
      { target, leaseSeconds: 60 },
      undefined,
    ]);
  });

  it.each([
    ["target", { target: { text: "é".repeat(2100) } }],
    ["target", { target: "chat" }],
    ["lease_seconds", { lease_seconds: 4 }],
    ["lease_seconds", { lease_seconds: 601 }],
    ["worker", { worker: "" }],
    ["worker", { worker: "w".repeat(201) }],
    ["(body)", { other: 1 }],
  ])("a bad %s is refused as a delivery's own would be", async (path, wish) => {
    const { agent, studio, send } = start();
    const { id: job } = studio.make("running");
    const turn = await send("/v1/chat", { text: "a fox", delivery: wish });
    const own = await send("/v1/deliveries", { conversation: "c", message: "m", job, ...wish });
    expect([turn.status, own.status]).toEqual([400, 400]);
    expect(own.fields.map((field) => field.path)).toEqual([path]);
    expect(turn.fields).toEqual(own.fields.map((field) => ({ ...field, path: path === "(body)" ? "delivery" : `delivery.${field.path}` })));
    expect(agent.turns).toEqual([]);
  });
});
