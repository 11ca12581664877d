/** On a card of 8 GB: what an engine can work in parts runs, what none can waits and says so, and does not keep the chat model away. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type FakeOllama, startFakeOllama } from "../agent/testing/fake-ollama.ts";
import { defineJobTool } from "../core/tool.ts";
import { scriptedEngine, thing } from "../workers/testing/scripted-engine.ts";
import { createFakeCard } from "../workers/testing/vram/card.ts";
import { type Product, startProduct } from "./setup/product.ts";

const card = createFakeCard(8);
const vram = async () => ({ totalGb: card.totalGb, freeGb: card.freeGb() });
const drawer = scriptedEngine("drawer", { gpu: true, offloads: true, vram });
const trainer = scriptedEngine("whole", { gpu: true, vram });

const needing = (engine: string, vramGb: number) =>
  defineJobTool({
    ...{ name: `use_${engine}`, title: engine, alias: `use_${engine}`, description: "For tests.", input: z.strictObject({}) },
    annotations: { readOnly: false, destructive: false, idempotent: false },
    prepare: async () => ({ input: {}, title: engine, engine, family: engine, vramGb, class: "interactive" }),
    run: (_input, _engines, run) => thing(run),
  });

let ollama: FakeOllama;
let product: Product;

beforeAll(async () => {
  ollama = await startFakeOllama({ models: ["mistral:7b"], card });
  const env = { MYSPINBOT_VRAM_GB: "8", OLLAMA_URL: ollama.url, OLLAMA_MODEL: "mistral:7b" };
  product = await startProduct(env, { tools: [needing("drawer", 10), needing("whole", 10)], engines: [drawer, trainer] });
}, 90_000);
afterAll(async () => {
  await product?.close();
  await ollama?.close();
});

async function submit(tool: string): Promise<string> {
  const invoked = await product.client.invoke(tool, {});
  if (invoked.kind !== "job") throw new Error(`${tool} made no job`);
  return invoked.job.id;
}

it("draws in parts; a job that no card holds keeps nobody away", async () => {
  await product.say("how are you today?");
  const loadsOnCard = () => ollama.memory.loads.filter(({ cardGb }) => cardGb > 0).length;
  expect(loadsOnCard()).toBe(1);
  const waits = await submit("use_whole");
  expect(await product.ended(await submit("use_drawer"))).toMatchObject({ state: "succeeded", attempt: 1 });
  // it was in the way, and comes back although a job waits for ever
  await expect.poll(loadsOnCard, { timeout: 30_000 }).toBe(2);
  const job = await product.client.job(waits);
  expect(job).toMatchObject({ state: "queued", attempt: 0 });
  expect(job.missing).toMatch(/needs 10 GB .* has 8 GB/);
}, 120_000);
