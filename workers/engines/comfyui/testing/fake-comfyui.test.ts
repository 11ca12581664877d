import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { Graph } from "../wire.ts";
import type { FakeComfyui } from "./fake-comfyui.ts";
import { closeAll, fakeOf, until } from "./setup.ts";

const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await closeAll();
});

function graph(more: { seed?: number; steps?: number; model?: string; prefix?: string } = {}): Graph {
  return {
    "1": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: more.model ?? "sd15.safetensors" } },
    "2": { class_type: "CLIPTextEncode", inputs: { text: "a red cube", clip: ["1", 1] } },
    "4": { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } },
    "5": {
      class_type: "KSampler",
      inputs: {
        model: ["1", 0],
        positive: ["2", 0],
        negative: ["2", 0],
        latent_image: ["4", 0],
        seed: more.seed ?? 1,
        steps: more.steps ?? 2,
        cfg: 7,
        sampler_name: "euler",
        scheduler: "normal",
        denoise: 1,
      },
    },
    "6": { class_type: "VAEDecode", inputs: { samples: ["5", 0], vae: ["1", 2] } },
    "7": { class_type: "SaveImage", inputs: { images: ["6", 0], filename_prefix: more.prefix ?? "msb/image" } },
  };
}

async function call(fake: FakeComfyui, path: string, body?: unknown) {
  const ask = () =>
    fetch(fake.url + path, body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
  // a kept connection of before a restart breaks once
  const response = await ask().catch(ask);
  const text = await response.text();
  let parsed: unknown = text;
  try {
    parsed = JSON.parse(text);
  } catch {}
  // the tests say what they expect of it
  return { status: response.status, body: parsed as Record<string, never> & { [key: string]: unknown } };
}

interface Message {
  type: string;
  data: Record<string, unknown>;
}

async function listen(fake: FakeComfyui, clientId: string, flag = true) {
  const socket = new WebSocket(`${fake.url.replace("http", "ws")}/ws?clientId=${clientId}`);
  sockets.push(socket);
  const heard: (Message | { binary: number; bytes: Buffer })[] = [];
  socket.on("message", (data, binary) => {
    const bytes = Buffer.from(data as Buffer);
    heard.push(binary ? { binary: bytes.readUInt32BE(0), bytes } : (JSON.parse(bytes.toString()) as Message));
  });
  await once(socket, "open");
  if (flag) socket.send(JSON.stringify({ type: "feature_flags", data: { supports_preview_metadata: true } }));
  await until("it is greeted", () => heard.length > (flag ? 1 : 0));
  return { socket, heard, messages: () => heard.filter((entry): entry is Message => "type" in entry) };
}

const done = (fake: FakeComfyui, id: string) =>
  until(`${id} ends`, () => ["completed", "failed", "cancelled"].includes(fake.prompts().find((prompt) => prompt.id === id)?.state ?? ""));

describe.each(["new", "old"] as const)("the fake ComfyUI, %s dialect", (dialect) => {
  it("answers with and without /api, and the jobs routes only where the dialect has them", async () => {
    const fake = await fakeOf({ dialect });
    for (const path of ["/system_stats", "/queue", "/prompt", "/features", "/object_info/KSampler", "/models/checkpoints", "/history"]) {
      expect((await call(fake, path)).status).toBe(200);
      expect(await call(fake, `/api${path}`)).toEqual(await call(fake, path));
    }
    const jobs = await call(fake, `/api/jobs/${randomUUID()}`);
    expect(jobs).toEqual(dialect === "new" ? { status: 404, body: { error: "Job not found" } } : { status: 404, body: "" });
    expect((await call(fake, `/api/jobs/${randomUUID()}/cancel`, {})).status).toBe(dialect === "new" ? 200 : 405);
    expect((await call(fake, "/models/nope")).status).toBe(404);
    expect((await call(fake, "/object_info/Nope")).body).toEqual({});
    expect((await fetch(`${fake.url}/queue`, { headers: { origin: "http://evil.example" } })).status).toBe(403);
  });

  it("sends the events of a run in the real order", async () => {
    const fake = await fakeOf({ dialect });
    const { heard } = await listen(fake, "me");
    const id = randomUUID();
    await call(fake, "/prompt", { prompt: graph(), client_id: "me", prompt_id: id });
    await until("the null", () => heard.some((entry) => "type" in entry && entry.type === "executing" && entry.data["node"] === null));
    const names = heard.slice(2).map((entry) => ("type" in entry ? entry.type : `binary ${entry.binary}`));
    const node = ["progress_state", "executing", "progress_state"];
    const step = ["progress_state", "binary 4", "progress"];
    expect(names).toEqual([
      ...["status", "status", "execution_start", "execution_cached"],
      ...[...node, ...node, ...node],
      ...["progress_state", "executing", ...step, ...step, "progress_state"],
      ...node,
      ...["progress_state", "executing", "executed", "progress_state"],
      ...["execution_success", "status", "executing"],
    ]);
    const { body } = await call(fake, `/history/${id}`);
    expect(body[id]).toMatchObject({
      prompt: [0, id, graph(), { client_id: "me" }, ["7"]],
      outputs: { "7": { images: [{ filename: "image_00001_.png", subfolder: "msb", type: "output" }] } },
      status: { status_str: "success", completed: true },
    });
  });

  it("sends the older preview framing to a client without the flag", async () => {
    const fake = await fakeOf({ dialect });
    const { heard } = await listen(fake, "me", false);
    const id = randomUUID();
    await call(fake, "/prompt", { prompt: graph(), client_id: "me", prompt_id: id });
    await done(fake, id);
    const frames = heard.filter((entry): entry is { binary: number; bytes: Buffer } => "binary" in entry);
    expect(frames.map((frame) => frame.binary)).toEqual([1, 1]);
    expect(frames[0]?.bytes.readUInt32BE(4)).toBe(1);
  });

  it("takes one id twice and runs it twice", async () => {
    const fake = await fakeOf({ dialect });
    const id = randomUUID();
    await call(fake, "/prompt", { prompt: graph({ steps: 20 }), prompt_id: id });
    await call(fake, "/prompt", { prompt: graph({ seed: 2 }), prompt_id: id });
    await until("both ran", async () => (await call(fake, "/prompt")).body["exec_info"]?.["queue_remaining"] === 0);
    expect(fake.disk.output.size).toBe(2);
    expect(fake.prompts()).toHaveLength(1);
  });

  it("runs nothing of the same graph again and hands out the old file; another prefix makes a new one", async () => {
    const fake = await fakeOf({ dialect });
    const outputs = async (prompt: Graph) => {
      const id = randomUUID();
      await call(fake, "/prompt", { prompt, prompt_id: id });
      await done(fake, id);
      return (await call(fake, `/history/${id}`)).body[id]?.["outputs"]?.["7"];
    };
    const first = await outputs(graph());
    expect(await outputs(graph())).toEqual(first);
    expect(fake.disk.output.size).toBe(1);
    expect(await outputs(graph({ prefix: "msb/other/image" }))).toEqual({
      images: [{ filename: "image_00001_.png", subfolder: "msb/other", type: "output" }],
    });
    // A, B, A: only the last graph is kept
    await outputs(graph({ seed: 9 }));
    await outputs(graph());
    expect([...fake.disk.output.keys()].sort()).toEqual([
      "msb/image_00001_.png",
      "msb/image_00002_.png",
      "msb/image_00003_.png",
      "msb/other/image_00001_.png",
    ]);
  });

  it("leaves no trace of a deleted pending prompt, and interrupts only what is named", async () => {
    const fake = await fakeOf({ dialect, stepMs: 5 });
    const running = await fake.submitForeign({ steps: 500 });
    await until("it runs", () => fake.prompts()[0]?.state === "running");
    const waiting = await fake.submitForeign({ steps: 5 });
    await call(fake, "/interrupt", { prompt_id: waiting });
    await call(fake, "/queue", { delete: [waiting] });
    expect((await call(fake, `/history/${waiting}`)).body).toEqual({});
    expect(fake.prompts()).toMatchObject([{ id: running, state: "running" }]);
    await call(fake, "/interrupt", { prompt_id: running });
    await done(fake, running);
    expect((await call(fake, `/history/${running}`)).body[running]).toMatchObject({ status: { status_str: "error", completed: false } });
  });

  it("routes by client id; a prompt without one reaches every socket only by progress", async () => {
    const fake = await fakeOf({ dialect });
    const [me, other] = [await listen(fake, "me"), await listen(fake, "other")];
    const id = randomUUID();
    await call(fake, "/prompt", { prompt: graph(), client_id: "me", prompt_id: id });
    await done(fake, id);
    await until("mine is heard", () => me.messages().some((message) => message.type === "execution_success"));
    expect([...new Set(other.messages().map((message) => message.type))]).toEqual(["status", "feature_flags"]);
    const nobody = randomUUID();
    await call(fake, "/prompt", { prompt: graph({ seed: 5 }), prompt_id: nobody });
    await done(fake, nobody);
    await until("the other hears of it", () => other.messages().some((message) => message.type === "progress_state"));
    expect(other.messages().some((message) => message.type.startsWith("execution_"))).toBe(false);
  });

  it("has the reconnect traps: a node without prompt id, and an id forgotten when an old socket closes", async () => {
    const fake = await fakeOf({ dialect, stepMs: 10 });
    const old = await listen(fake, "me");
    const id = randomUUID();
    await call(fake, "/prompt", { prompt: graph({ steps: 80 }), client_id: "me", prompt_id: id });
    await until("it samples", () => old.messages().some((message) => message.type === "progress"));
    const newer = await listen(fake, "me");
    expect(newer.messages()).toContainEqual({ type: "executing", data: { node: "5" } });
    await until("the stream goes on", () => newer.messages().some((message) => message.type === "progress"));
    old.socket.close();
    await until("the old one is gone", () => fake.openSockets === 1);
    const before = newer.heard.length;
    await done(fake, id);
    expect(newer.heard.length - before).toBeLessThan(4);
    expect(newer.messages().some((message) => message.type === "execution_success")).toBe(false);
  });

  it("refuses what the real one refuses, in its shapes", async () => {
    const fake = await fakeOf({ dialect });
    const post = (prompt: unknown, more: object = {}) => call(fake, "/prompt", { prompt, ...more });
    expect((await call(fake, "/prompt", "{")).status).toBe(500);
    expect((await post(undefined)).body).toMatchObject({ error: { type: "no_prompt" } });
    expect((await post({ "1": graph()["1"] })).body).toMatchObject({ error: { type: "prompt_no_outputs" } });
    expect((await post({ "1": { class_type: "X", inputs: {} } })).body).toMatchObject({
      error: { type: dialect === "new" ? "missing_node_type" : "invalid_prompt" },
    });
    expect((await post(graph(), { prompt_id: "job-17" })).status).toBe(dialect === "new" ? 400 : 200);
    expect((await post(graph({ model: "nope" }))).body).toMatchObject({
      error: { type: "prompt_outputs_failed_validation" },
      node_errors: {
        "1": {
          class_type: "CheckpointLoaderSimple",
          dependent_outputs: ["7"],
          errors: [{ type: "value_not_in_list", extra_info: { input_name: "ckpt_name", received_value: "nope" } }],
        },
      },
    });
    const broken = graph({ steps: 0 });
    broken["6"] = { class_type: "VAEDecode", inputs: { samples: ["99", 0], vae: ["5", 0] } };
    const types = (body: { [key: string]: unknown }) =>
      Object.values(body["node_errors"] as Record<string, { errors: { type: string }[] }>).flatMap((node) =>
        node.errors.map((error) => error.type),
      );
    expect(types((await post(broken)).body)).toEqual(["exception_during_inner_validation", "return_type_mismatch"]);
    expect(types((await post(graph({ steps: 0 }))).body)).toEqual(["value_smaller_than_min"]);
    const half = graph();
    half["8"] = { class_type: "SaveImage", inputs: { filename_prefix: "x" } };
    const partial = await post(half);
    expect(partial.status).toBe(200);
    expect(types(partial.body)).toEqual(["required_input_missing"]);
  });

  it("forgets everything in a restart but its files", async () => {
    const fake = await fakeOf({ dialect });
    const id = randomUUID();
    await call(fake, "/prompt", { prompt: graph(), prompt_id: id });
    await done(fake, id);
    const { url } = fake;
    await fake.restart();
    expect(fake.url).toBe(url);
    expect((await call(fake, "/history")).body).toEqual({});
    expect((await call(fake, "/prompt", { prompt: graph() })).body).toMatchObject({ number: 0 });
    expect((await call(fake, "/view?filename=image_00001_.png&subfolder=msb")).status).toBe(200);
    expect((await call(fake, "/view?filename=..%2Fx.png")).status).toBe(400);
  });

  it("keeps an upload under the name that is free, unless it may overwrite", async () => {
    const fake = await fakeOf({ dialect });
    const upload = async (bytes: string, fields: Record<string, string> = {}) => {
      const form = new FormData();
      form.set("image", new Blob([bytes]), "input.png");
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      return (await fetch(`${fake.url}/upload/image`, { method: "POST", body: form })).json();
    };
    expect(await upload("one")).toEqual({ name: "input.png", subfolder: "", type: "input" });
    expect(await upload("one")).toEqual({ name: "input.png", subfolder: "", type: "input" });
    expect(await upload("two")).toEqual({ name: "input (1).png", subfolder: "", type: "input" });
    expect(await upload("three", { overwrite: "true", type: "temp" })).toEqual({ name: "input.png", subfolder: "", type: "temp" });
    expect((await fetch(`${fake.url}/upload/image`, { method: "POST", body: new FormData() })).status).toBe(400);
  });
});

it("runs as a process of its own and ends on SIGTERM", async () => {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", new URL("./fake-comfyui-main.ts", import.meta.url).pathname, "--dialect", "old", "--step-ms", "1"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url, pid } = JSON.parse(line.toString()) as { url: string; pid: number };
  expect(pid).toBe(child.pid);
  expect(((await (await fetch(`${url}/system_stats`)).json()) as { system: object }).system).toMatchObject({ comfyui_version: "0.3.64" });
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(0);
});
