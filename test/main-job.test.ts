/** Sentence → job → engine → picture in the conversation, in one piece: with a fake Ollama and ComfyUI, and on the embedded default. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeOllama, type FakeReply, startFakeOllama } from "../agent/testing/fake-ollama.ts";
import { readRecipe } from "../platform/media/media.ts";
import { type FakeComfyui, startFakeComfyui } from "../workers/engines/comfyui/testing/fake-comfyui.ts";
import { errorsOf, jobsOf, type Product, startProduct, textOf } from "./setup/product.ts";

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, "files"), { recursive: true, withFileTypes: true }).catch(() => []);
  return names.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe("with a model and an engine", () => {
  let ollama: FakeOllama;
  let comfyui: FakeComfyui;
  let product: Product;
  let replies: FakeReply[] = [];

  beforeAll(async () => {
    ollama = await startFakeOllama({ replies: () => replies.shift() ?? { text: "Hm." } });
    comfyui = await startFakeComfyui({ stepMs: 5 });
    product = await startProduct({ OLLAMA_URL: ollama.url, COMFYUI_URL: comfyui.url });
  });
  afterAll(async () => {
    await product.close();
    await comfyui.close();
    await ollama.close();
  });

  it("a sentence becomes a picture that carries its recipe; the model is asked once and not for progress", async () => {
    replies = [{ calls: [{ name: "render_image", arguments: { prompt: "a red fox", aspect: "wide", seed: 42, steps: 12 } }] }];
    const asked = ollama.chats().length;
    const parts = await product.say("draw me a red fox, please");
    const [job] = jobsOf(parts);
    expect(job?.state).toBe("succeeded");
    expect(job?.engine).toBe("comfyui");
    const fractions = parts.flatMap((part) => (part.type === "progress" ? part.progress.fraction : []));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    const artifact = job?.artifacts[0];
    const bytes = await buffer(await product.client.download(artifact?.id ?? ""));
    expect(bytes.length).toBe(artifact?.bytes);
    expect(readRecipe(bytes)).toMatchObject({
      tool: "render_image",
      preview: false,
      generated: true,
      input: { seed: 42, prompt: "a red fox" },
    });
    const stripped = await buffer(await product.client.download(artifact?.id ?? "", { strip: true }));
    expect(stripped.includes(Buffer.from("a red fox"))).toBe(false);
    expect(ollama.chats().length - asked).toBeLessThanOrEqual(2);
  });

  it("what follows is about what was made: the model names the file by its id, and gets no other person's", async () => {
    replies = [{ calls: [{ name: "render_image", arguments: { prompt: "a boat" } }] }];
    const first = await product.say("a boat, please");
    const [boat] = jobsOf(first);
    replies = [{ calls: [{ name: "upscale_image", arguments: { image: boat?.artifacts[0]?.id ?? "", scale: 2 } }] }];
    const more = await product.say("bigger", { conversation: boat?.conversation ?? "" });
    const [big] = jobsOf(more);
    expect(big?.artifacts[0]?.width).toBe((boat?.artifacts[0]?.width ?? 0) * 2);
    replies = [
      { calls: [{ name: "upscale_image", arguments: { image: "art_0000000000000000", scale: 2 } }] },
      { calls: [{ name: "upscale_image", arguments: { image: "art_0000000000000000", scale: 2 } }] },
    ];
    const invented = await product.say("bigger still", { conversation: boat?.conversation ?? "" });
    expect(jobsOf(invented)).toEqual([]);
  });

  it("the same turn again makes no second job; a new message makes one", async () => {
    const call = { calls: [{ name: "render_image", arguments: { prompt: "a tower" } }] };
    replies = [call, call, call];
    const turn = { conversation: "conv_abcdefghjkmnpqrs", message: "msg_abcdefghjkmnpqrs" };
    const [first] = jobsOf(await product.say("a tower", turn));
    const [again] = jobsOf(await product.say("a tower", turn));
    expect(again?.id).toBe(first?.id);
    const [other] = jobsOf(await product.say("a tower", { ...turn, message: "msg_bbcdefghjkmnpqrs" }));
    expect(other?.id).not.toBe(first?.id);
  });

  it("a model that is down is named with the command that starts it, and nothing stands in for it; commands still work", async () => {
    await ollama.close();
    const parts = await product.say("draw a lighthouse");
    expect(jobsOf(parts)).toEqual([]);
    expect(errorsOf(parts)).toMatchObject([{ code: "model_unavailable", message: expect.stringContaining("ollama serve") }]);
    const [job] = jobsOf(await product.say("/render a lighthouse --steps 4"));
    expect(job?.state).toBe("succeeded");
  });

  it("ComfyUI that restarts in the middle is waited for, and the picture comes", async () => {
    const invoked = await product.client.invoke("render_image", { prompt: "a slow castle", steps: 100 });
    const id = invoked.kind === "job" ? invoked.job.id : "";
    for await (const event of product.client.watch(id)) if (event["type"] === "progress") break;
    await comfyui.restart({ downMs: 300 });
    const job = await product.ended(id);
    expect([job.state, job.attempt, job.artifacts.length]).toEqual(["succeeded", 1, 1]);
  });

  it("cancel reaches ComfyUI by the prompt's own id, and a prompt of somebody else goes on", async () => {
    const foreign = await comfyui.submitForeign({ steps: 40 });
    const invoked = await product.client.invoke("render_image", { prompt: "never mind", steps: 150 });
    const id = invoked.kind === "job" ? invoked.job.id : "";
    const canceled = await product.client.cancel(id);
    expect(["canceling", "canceled"]).toContain(canceled.state);
    expect((await product.ended(id)).state).toBe("canceled");
    expect(["running", "pending", "completed"]).toContain(comfyui.prompts().find((prompt) => prompt.id === foreign)?.state);
    expect(comfyui.calls.filter((call) => call.path.endsWith("/interrupt") && !call.body)).toEqual([]);
  });
});

describe("the embedded default", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product.close());

  it("two turns: a picture marked PREVIEW, and one twice its size that is really upscaled", async () => {
    const [fox] = jobsOf(await product.say("draw a red fox in fresh snow, 512x256, seed 3"));
    const picture = fox?.artifacts[0];
    expect([picture?.preview, picture?.width, picture?.height]).toEqual([true, 512, 256]);
    const [big] = jobsOf(await product.say("upscale that 2x", { conversation: fox?.conversation ?? "" }));
    expect([big?.artifacts[0]?.width, big?.artifacts[0]?.height, big?.engine]).toEqual([1024, 512, "cpu-upscale"]);
    const [other] = jobsOf(await product.say("draw a green tower, 512x256, seed 3"));
    expect(other?.artifacts[0]?.sha256).not.toBe(picture?.sha256);
  });

  it("everything is there after a restart", async () => {
    const [before] = jobsOf(await product.say("draw a bridge, 256x256"));
    await product.restart();
    const job = await product.client.job(before?.id ?? "");
    expect(job.artifacts[0]?.sha256).toBe(before?.artifacts[0]?.sha256);
    const [again] = jobsOf(await product.say("the same but at night", { conversation: before?.conversation ?? "" }));
    expect(again?.input["prompt"]).toContain("at night");
  });

  const refusals: [what: string, tool: string, input: object, code: string, words: RegExp][] = [
    ["an unknown tool", "render_imagge", {}, "unknown_tool", /render_image/],
    ["an unknown field", "render_image", { prompt: "x", colour: "red" }, "invalid_input", /colour: unknown field; allowed here: prompt/],
    ["a wrong type", "render_image", { prompt: 7 }, "invalid_input", /prompt/],
    ["no prompt", "render_image", {}, "invalid_input", /prompt/],
    ["a size over the limit", "render_image", { prompt: "x", width: 8192, height: 8192 }, "limit_exceeded", /2048.*MYSPINBOT_MAX_SIDE/],
    ["200 pictures", "render_image", { prompt: "x", count: 200 }, "invalid_input", /at most 8/],
    ["seed -1", "render_image", { prompt: "x", seed: -1 }, "invalid_input", /0 to 9007199254740991/],
    ["aspect 0:9", "render_image", { prompt: "x", aspect: "0:9" }, "invalid_input", /16:9/],
    ["a long prompt", "render_image", { prompt: "x".repeat(5000) }, "limit_exceeded", /4000.*MYSPINBOT_MAX_PROMPT/],
    ["a LoRA that does not exist", "render_image", { prompt: "x", loras: [{ name: "ghost" }] }, "unknown_lora", /ghost/],
    ["a model that the engine lacks", "render_image", { prompt: "x", model: "ghost.safetensors" }, "unknown_model", /preview/],
    ["somebody else's file", "upscale_image", { image: "art_0000000000000000" }, "unknown_artifact", /list_jobs/],
    ["a file id that is none", "upscale_image", { image: "../../etc/passwd" }, "invalid_input", /art_/],
    ["somebody else's job", "cancel_job", { job_id: "job_0000000000000000" }, "unknown_job", /list_jobs/],
    ["a wait that is too long", "wait_for_job", { job_id: "job_0000000000000000", timeout_s: 3600 }, "invalid_input", /50/],
  ];
  it.each(refusals)("%s is refused with words that help", async (_what, tool, input, code, words) => {
    const before = (await filesIn(product.folder)).length;
    const error = await product.client.invoke(tool, input as never).then(
      () => undefined,
      (thrown: unknown) => thrown as { code: string; message: string },
    );
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(words);
    const open = await product.client.invoke("list_jobs", { state: "open" });
    expect(open.kind === "answer" && open.data["jobs"]).toEqual([]);
    expect((await filesIn(product.folder)).length).toBe(before);
  });

  it("a prompt of 1 MB is refused whole, whichever way it comes", async () => {
    await expect(product.client.invoke("render_image", { prompt: "x".repeat(1_100_000) })).rejects.toMatchObject({
      code: "limit_exceeded",
    });
    const parts = await product.say(`draw ${"x".repeat(1_100_000)}`).catch((error: unknown) => [{ type: "error", error }] as never);
    expect(JSON.stringify(errorsOf(parts))).toContain("limit_exceeded");
  });

  it.each([
    ["a file that says PNG and is not", "fox.png", "this is no picture"],
    ["half a PNG", "fox.png", "\u0089PNG\r\n\u001a\n0000IHDR"],
    ["nothing at all", "fox.png", ""],
  ])("%s is no picture, and is not kept", async (_what, name, content) => {
    const before = (await filesIn(product.folder)).length;
    await expect(product.client.upload(name, Readable.from([Buffer.from(content, "latin1")]))).rejects.toMatchObject({
      code: "unsupported_media",
      message: expect.stringMatching(/PNG/),
    });
    expect((await filesIn(product.folder)).length).toBe(before);
  });

  it("the same key is the same job, and with another body a conflict", async () => {
    const first = await product.client.invoke("render_image", { prompt: "a key" }, { key: "k1" });
    const again = await product.client.invoke("render_image", { prompt: "a key" }, { key: "k1" });
    expect(again).toMatchObject({ kind: "job", created: false, job: { id: first.kind === "job" ? first.job.id : "" } });
    await expect(product.client.invoke("render_image", { prompt: "another" }, { key: "k1" })).rejects.toMatchObject({
      code: "key_conflict",
    });
  });

  it("pause parks the work and resume brings it back", async () => {
    await product.say("/pause");
    const invoked = await product.client.invoke("render_image", { prompt: "later", width: 256, height: 256 });
    const id = invoked.kind === "job" ? invoked.job.id : "";
    expect((await product.client.status()).rows.find((row) => row.part === "Paused")?.state).toBe("info");
    expect((await product.client.job(id)).state).toBe("queued");
    expect(textOf(await product.say("/resume"))).not.toBe("");
    expect((await product.ended(id)).state).toBe("succeeded");
  });
});

it("an engine that was seen once and is down is waited for; a preview never stands in for it", async () => {
  const comfyui = await startFakeComfyui({ stepMs: 1 });
  const product = await startProduct({ COMFYUI_URL: comfyui.url });
  try {
    await comfyui.stop();
    const invoked = await product.client.invoke("render_image", { prompt: "patience", model: "sd15.safetensors", steps: 2 });
    const job = invoked.kind === "job" ? invoked.job : undefined;
    expect(job?.engine).toBe("comfyui");
    for await (const event of product.client.watch(job?.id ?? ""))
      if (event["type"] === "progress" && JSON.stringify(event).includes("waiting")) {
        expect(JSON.stringify(event)).toContain(comfyui.url);
        break;
      }
    await comfyui.start();
    const ended = await product.ended(job?.id ?? "");
    expect([ended.state, ended.artifacts[0]?.preview]).toEqual(["succeeded", false]);
  } finally {
    await product.close();
    await comfyui.close();
  }
});
