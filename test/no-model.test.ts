/** A ComfyUI that was seen and has nothing to draw with, as a stack has before models came: the chat names the command that brings one, and no preview stands in. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeOllama, type FakeReply, startFakeOllama } from "../agent/testing/fake-ollama.ts";
import { type FakeComfyui, startFakeComfyui } from "../workers/engines/comfyui/testing/fake-comfyui.ts";
import { errorsOf, jobsOf, type Product, startProduct, textOf } from "./setup/product.ts";

let ollama: FakeOllama;
let comfyui: FakeComfyui;
let product: Product;
let replies: FakeReply[] = [];
beforeAll(async () => {
  ollama = await startFakeOllama({ replies: () => replies.shift() ?? { text: "I could not draw it, sorry." } });
  comfyui = await startFakeComfyui({ stepMs: 5, models: { checkpoints: [] } });
  product = await startProduct({ OLLAMA_URL: ollama.url, COMFYUI_URL: comfyui.url });
});
afterAll(async () => {
  await product.close();
  await comfyui.close();
  await ollama.close();
});

const command = /ComfyUI has no checkpoint.*`npm run models -- get sdxl --accept` \(6\.9 GB; sd15 in place of sdxl: 2\.1 GB/;
const call = { calls: [{ name: "render_image", arguments: { prompt: "a red fox in fresh snow" } }] };

it.each([
  { how: "planned by a model", text: "draw a red fox in fresh snow", given: [call, call, call] },
  { how: "planned by a model that gives up and apologizes", text: "draw a red fox in fresh snow", given: [call] },
  { how: "by a slash command", text: "/render a red fox in fresh snow", given: [] },
])("$how, the person reads the command, and nothing is drawn", async ({ text, given }) => {
  replies = [...given];
  const parts = await product.say(text);
  expect(jobsOf(parts)).toEqual([]);
  expect(`${textOf(parts)} ${errorsOf(parts).map(({ message }) => message)}`).toMatch(command);
});

it("as soon as one is there the same sentence draws a real picture, without a restart", async () => {
  comfyui.disk.models["checkpoints"] = ["v1-5-pruned-emaonly-fp16.safetensors"];
  replies = [call];
  const [job] = jobsOf(await product.say("draw a red fox in fresh snow"));
  expect([job?.state, job?.engine]).toEqual(["succeeded", "comfyui"]);
});
