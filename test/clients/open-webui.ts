/** Open WebUI's own MCP connection: a model of a fake server calls our tools, an ordinary chat shows what comes. */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { json, serve } from "../../agent/testing/http.ts";
import { admin, installed, makeOpenWebUi } from "../e2e-openwebui/open-webui.ts";
import { type Person, person } from "../e2e-openwebui/person.ts";
import { listenBetween } from "./listener.ts";
import { fileIn, jobIn, type Seen, type Studio, wish } from "./seen.ts";

const version = "0.12.4";
const model = "a-model-that-calls-tools";
const connection = "myspinbot";

interface Said {
  role: string;
  content: unknown;
}

/** Asks for a picture, waits for it, and then talks: each by what it was told before. */
function next(messages: Said[]): { text: string } | { tool: string; input: object } {
  const told = messages.filter(({ role }) => role === "tool").map(({ content }) => JSON.stringify(content));
  if (told.length === 0) return { tool: "render_image", input: wish };
  const last = told.at(-1) ?? "";
  if (!last.includes("/v1/files/") && told.length < 5) return { tool: "wait_for_job", input: { job_id: jobIn(last), timeout_s: 20 } };
  return { text: "Here is your fox." };
}

function stream(response: ServerResponse, turn: ReturnType<typeof next>): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (delta: object, finish_reason: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`,
    );
  if ("text" in turn) send({ role: "assistant", content: turn.text });
  else {
    const call = { name: `${connection}_${turn.tool}`, arguments: JSON.stringify(turn.input) };
    send({
      role: "assistant",
      content: "",
      tool_calls: [{ index: 0, id: `call_${randomUUID().slice(0, 8)}`, type: "function", function: call }],
    });
  }
  send({}, "text" in turn ? "stop" : "tool_calls");
  response.end("data: [DONE]\n\n");
}

async function connect(boss: Person, baseUrl: string, studio: Studio): Promise<void> {
  const must = async (path: string, body: object) => {
    const { status, body: told } = await boss.call("POST", path, body);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(told)}`);
  };
  await must("/openai/config/update", {
    ...{ ENABLE_OPENAI_API: true, OPENAI_API_BASE_URLS: [baseUrl], OPENAI_API_KEYS: ["x"], OPENAI_API_CONFIGS: {} },
  });
  const server = {
    ...{ url: `${studio.url}/mcp`, path: "", type: "mcp", auth_type: "bearer", key: studio.key },
    config: { enable: true, access_grants: [{ principal_type: "user", principal_id: "*", permission: "read" }] },
    info: { id: connection, name: "MySpinBot", description: "A studio" },
  };
  await must("/api/v1/configs/tool_servers/verify", server);
  await must("/api/v1/configs/tool_servers", { TOOL_SERVER_CONNECTIONS: [server] });
}

/** One message in a new chat, with the tools of our connection; the saved answer. */
async function say(somebody: Person, text: string): Promise<{ content: string; output?: unknown; files?: unknown[] }> {
  const listed = (await somebody.call("GET", "/api/models?refresh=true")).body as { data: { id: string }[] };
  const [user, message] = [randomUUID(), randomUUID()];
  const said = { id: user, parentId: null, childrenIds: [message], role: "user", content: text, timestamp: 0, models: [model] };
  const { status, body } = await somebody.call("POST", "/api/chat/completions", {
    ...{ stream: true, model, model_item: listed.data.find(({ id }) => id === model), features: {}, variables: {}, tool_servers: [] },
    ...{ params: { function_calling: "native" }, tool_ids: [`server:mcp:${connection}`], session_id: randomUUID() },
    ...{ id: message, parent_id: null, message_ids: [{ model_id: model, message_id: message, modelIdx: 0 }], user_message: said },
    background_tasks: {},
  });
  if (status !== 200) throw new Error(`say: ${status} ${JSON.stringify(body)}`);
  return somebody.done({ chat: (body as { chat_id: string }).chat_id, message, user, at: Date.now() }, 120_000);
}

async function use(studio: Studio): Promise<Seen> {
  const between = await listenBetween(studio);
  const fake = await serve((call, response) => {
    if (call.path === "/v1/models") return json(response, { object: "list", data: [{ id: model, object: "model" }] });
    return stream(response, next(call.body["messages"] as unknown as Said[]));
  });
  const web = await makeOpenWebUi(await installed());
  try {
    await web.start();
    const boss = await person(web.url, admin);
    await connect(boss, `${fake.url}/v1`, between.studio);
    const answer = await say(boss, "draw a red fox in fresh snow");
    const last = fake.calls.filter(({ path }) => path === "/v1/chat/completions").at(-1)?.body ?? {};
    const messages = last["messages"] as unknown as Said[];
    const told = JSON.stringify(messages.filter(({ role }) => role === "tool"));
    const tools = (last["tools"] as unknown as { function: { name: string } }[]).filter((tool) =>
      tool.function.name.startsWith(connection),
    );
    const saved = JSON.stringify(answer);
    const file = await fileIn(told.replaceAll("\\\\", "\\").replaceAll("\\n", " "), between.studio);
    const shown = {
      text: told.includes("job_"),
      image: /\/api\/v1\/files\/[\w-]+\/content/.test(saved) || saved.includes("data:image/"),
      link: told.includes("resource_link"),
      data: /\\"artifacts\\":/.test(told),
    };
    const said = { client: "Open WebUI, its MCP connection", version, way: "HTTP" as const, tools: tools.length };
    return { ...said, ...between.heard(), shown, file };
  } finally {
    await web.end();
    await fake.close();
    await between.close();
  }
}

export const openWebUiClients: [string, (studio: Studio) => Promise<Seen>][] = [[`Open WebUI ${version}`, use]];
