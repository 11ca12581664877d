/** Requests as they go over the wire, for what no well-behaved client would send or show. */

export const mcpUrl = "http://127.0.0.1:3000/mcp";

export const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

export function modernMeta(capabilities: object = {}): Record<string, unknown> {
  return {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
}

export const tasksCapability = { extensions: { "io.modelcontextprotocol/tasks": {} } };

export function post(body: unknown, headers: Record<string, string> = {}, init: RequestInit = {}): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const base = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  return new Request(mcpUrl, { method: "POST", headers: { ...base, ...headers }, body: text, ...init });
}

export interface Modern {
  id?: number;
  capabilities?: object;
  init?: RequestInit;
}

/** A request of the 2026 era with its headers. */
export function modern(method: string, params: Record<string, unknown>, { id = 7, capabilities, init = {} }: Modern = {}): Request {
  const name = params["taskId"] ?? params["name"] ?? params["uri"];
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...(typeof name === "string" ? { "mcp-name": name } : {}) };
  return post({ jsonrpc: "2.0", id, method, params: { ...params, _meta: modernMeta(capabilities) } }, headers, init);
}

export interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: Record<string, unknown> };
}

/** The last JSON-RPC message of a JSON or event-stream answer. */
export async function answer(response: Response): Promise<Message> {
  const body = await response.text();
  const data = body.startsWith("{") ? body : (body.trim().split("data: ").at(-1) ?? "");
  return JSON.parse(data) as Message;
}

export interface Event {
  id?: string;
  retry?: string;
  message?: Message;
}

/** An event stream, event by event; ends with it. Comments are passed over. */
export async function* events(response: Response): AsyncGenerator<Event> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
      ) as { id?: string; retry?: string; data?: string };
      text = text.slice(end + 2);
      const { id, retry, data } = fields;
      if (id === undefined && data === undefined) continue;
      yield { ...(id ? { id } : {}), ...(retry ? { retry } : {}), ...(data ? { message: JSON.parse(data) as Message } : {}) };
    }
  }
}
