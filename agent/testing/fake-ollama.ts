/** A fake of Ollama's HTTP protocol (0.17): scripted answers and tool calls, capabilities as real models tell them, its errors, slowness and VRAM list. */
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../core/json.ts";
import { createFakeOllamaMemory, type FakeOllamaMemory, type SharedCard } from "./fake-ollama-memory.ts";
import { type FakeServer, json, type SeenCall, serve } from "./http.ts";

/** One answer of `/api/chat`. */
export interface FakeReply {
  /** One NDJSON line each. */
  text?: string | string[];
  calls?: { name: string; arguments: JsonObject }[];
  /** Default `stop`; `length` = cut. */
  doneReason?: "stop" | "length";
  /** Milliseconds before the first line and between lines. */
  delayMs?: number;
  /** Sends what there is, then nothing more until the client leaves. */
  hang?: boolean;
  /** Closes the connection in mid-answer. */
  breakOff?: boolean;
  /** An HTTP error instead of an answer. */
  status?: number;
  error?: string;
  /** An error without JSON, as a proxy answers. */
  html?: string;
}

/** `/api/show` as these models answer it. */
const realModels: Record<string, { family: string; size: string; capabilities: string[] }> = {
  "olmo2:7b": { family: "olmo2", size: "7.3B", capabilities: ["completion"] },
  "mistral:7b": { family: "llama", size: "7.2B", capabilities: ["completion", "tools"] },
  "phi3:mini": { family: "phi3", size: "3.8B", capabilities: ["completion"] },
  "gemma3:4b": { family: "gemma3", size: "4.3B", capabilities: ["completion", "vision"] },
  "qwen3-vl:4b": { family: "qwen3vl", size: "4.4B", capabilities: ["completion", "vision", "tools", "thinking"] },
  "nomic-embed-text": { family: "nomic-bert", size: "137M", capabilities: ["embedding"] },
  "qwen3:4b": { family: "qwen3", size: "4.0B", capabilities: ["completion", "tools", "thinking"] },
};

export interface FakeOllamaOptions {
  /** Names of installed models, newest first; of `realModels`, or with capabilities of their own. Default mistral. */
  models?: (string | { name: string; capabilities: string[] })[];
  /** Answers in order, the last one for ever; or one made for each request. Default a greeting. */
  replies?: FakeReply[] | ((body: JsonObject) => FakeReply);
  /** 0 = any free one; a number to come back on the same address. */
  port?: number;
  /** A card that others use too; without one there is room for everything. */
  card?: SharedCard;
  /** Bytes of a model in memory, by full name. */
  bytes?(name: string): number;
  /** Milliseconds: of a load, and until the driver says that the memory of an unloaded model is free. */
  loadMs?: number;
  leaveMs?: number;
}

export interface FakeOllama extends FakeServer {
  /** Bodies of `/api/chat`, oldest first. */
  chats(): JsonObject[];
  /** Names of models in memory. */
  loaded(): string[];
  readonly memory: FakeOllamaMemory;
}

const details = (name: string) => {
  const { family = "llama", size = "7B" } = realModels[name] ?? {};
  return { parent_model: "", format: "gguf", family, families: [family], parameter_size: size, quantization_level: "Q4_K_M" };
};
const full = (name: string) => (name.includes(":") ? name : `${name}:latest`);

/** Go reads `images` as bytes: plain base64, without a `data:` prefix. */
function pictureProblem(messages: unknown, sees: boolean): { error: string; status: number } | undefined {
  const images = (Array.isArray(messages) ? messages : []).flatMap((message: { images?: unknown }) => (message.images ?? []) as unknown[]);
  if (images.some((image) => typeof image !== "string" || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(image)))
    return { error: "illegal base64 data at input byte 4", status: 400 };
  return images.length > 0 && !sees ? { error: "received image but vision model not loaded", status: 500 } : undefined;
}

function line(response: ServerResponse, model: string, message: JsonObject, more: JsonObject = { done: false }): void {
  response.write(
    `${JSON.stringify({ model, created_at: new Date().toISOString(), message: { role: "assistant", ...message }, ...more })}\n`,
  );
}

async function stream(reply: FakeReply, model: string, call: SeenCall, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  const texts = typeof reply.text === "string" ? [reply.text] : (reply.text ?? []);
  for (const content of texts) {
    if (reply.delayMs) await sleep(reply.delayMs);
    if (call.aborted) return;
    line(response, model, { content });
  }
  for (const [index, { name, arguments: input }] of (reply.calls ?? []).entries())
    line(response, model, { content: "", tool_calls: [{ id: `call_${index}`, function: { index, name, arguments: input } }] });
  if (reply.hang) return;
  if (reply.breakOff) {
    // what was written must have left before
    setTimeout(() => response.destroy(), 50);
    return;
  }
  const counts = {
    total_duration: 1,
    load_duration: 1,
    prompt_eval_count: 10,
    prompt_eval_duration: 1,
    eval_count: texts.length,
    eval_duration: 1,
  };
  line(response, model, { content: "" }, { done: true, done_reason: reply.doneReason ?? "stop", ...counts });
  response.end();
}

export async function startFakeOllama(options: FakeOllamaOptions = {}): Promise<FakeOllama> {
  const { models = ["mistral:7b"], replies = [{ text: "Hello." }] } = options;
  const installed = new Map(
    models.map((model) => {
      const name = typeof model === "string" ? model : model.name;
      return [full(name), typeof model === "string" ? (realModels[name]?.capabilities ?? ["completion"]) : model.capabilities];
    }),
  );
  const memory = createFakeOllamaMemory(options);
  let answered = 0;

  async function chat(call: SeenCall, response: ServerResponse): Promise<void> {
    const model = full(String(call.body["model"]));
    const capabilities = installed.get(model);
    if (!capabilities) return json(response, { error: `model '${String(call.body["model"])}' not found` }, 404);
    const tools = call.body["tools"];
    if (Array.isArray(tools) && tools.length > 0 && !capabilities.includes("tools"))
      return json(response, { error: `registry.ollama.ai/library/${model} does not support tools` }, 400);
    const format = call.body["format"];
    if (format !== undefined && format !== "json" && (typeof format !== "object" || format === null))
      return json(response, { error: `invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object` }, 400);
    const problem = pictureProblem(call.body["messages"], capabilities.includes("vision"));
    if (problem) return json(response, { error: problem.error }, problem.status);
    const reply = typeof replies === "function" ? replies(call.body) : (replies[Math.min(answered++, replies.length - 1)] ?? {});
    if (reply.html !== undefined) {
      response.writeHead(reply.status ?? 502, { "content-type": "text/html" }).end(reply.html);
      return;
    }
    if (reply.status) {
      if (reply.delayMs) await sleep(reply.delayMs);
      return json(response, { error: reply.error ?? "something failed" }, reply.status);
    }
    let done: () => void;
    try {
      done = await memory.use(model, call.body);
    } catch (error) {
      return json(response, { error: (error as Error).message }, 500);
    }
    // also where the client leaves in mid-answer
    response.on("close", done);
    if (response.destroyed) done();
    await stream(reply, model, call, response);
  }

  const server = await serve(async (call, response) => {
    const { path, body } = call;
    const name = full(String(body["model"] ?? body["name"] ?? ""));
    if (path === "/api/version") return json(response, { version: "0.17.4" });
    if (path === "/api/tags")
      return json(response, {
        models: [...installed.keys()].map((model) => ({
          name: model,
          model,
          modified_at: "2026-11-01T10:00:00.000000000Z",
          size: 4_372_824_384,
          digest: "0".repeat(64),
          details: details(model),
        })),
      });
    if (path === "/api/ps")
      return json(response, {
        models: memory.list().map(({ name: model, gb, cardGb }) => ({
          name: model,
          model,
          size: Math.round(gb * 1024 ** 3),
          size_vram: Math.round(cardGb * 1024 ** 3),
          details: details(model),
        })),
      });
    if (path === "/api/show") {
      const capabilities = installed.get(name);
      if (!capabilities) return json(response, { error: `model '${String(body["model"])}' not found` }, 404);
      return json(response, {
        license: "",
        modelfile: "",
        parameters: "",
        template: "",
        details: details(name),
        model_info: {},
        capabilities,
      });
    }
    if (path === "/api/chat") return chat(call, response);
    if (path === "/api/generate") {
      if (!installed.has(name)) return json(response, { error: `model '${String(body["model"])}' not found` }, 404);
      const unload = body["keep_alive"] === 0;
      try {
        if (unload) memory.unload(name);
        else (await memory.use(name, body))();
      } catch (error) {
        return json(response, { error: (error as Error).message }, 500);
      }
      return json(response, {
        model: name,
        created_at: new Date().toISOString(),
        response: "",
        done: true,
        done_reason: unload ? "unload" : "load",
      });
    }
    response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found");
  }, options.port);
  return {
    ...server,
    chats: () => server.calls.filter((call) => call.path === "/api/chat").map((call) => call.body),
    loaded: () => memory.list().map(({ name }) => name),
    memory,
  };
}
