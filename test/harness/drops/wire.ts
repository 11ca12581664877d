/** A client that writes its requests itself: it can send the very same one twice, and take a stream up where it broke. */
import { answer, type Event, events, initialize, type Message, modern, post } from "../../../mcp-server/testing/raw.ts";

export interface Wire {
  /** A request of the session, with an id of the caller's choice. */
  call(id: number, method: string, params: object, signal: AbortSignal): Promise<Message>;
  /** The session's own stream. */
  stream(last: string | undefined, signal: AbortSignal): Promise<AsyncGenerator<Event>>;
}

async function over(url: URL, request: Request, accessKey: string, extra: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const headers = { ...Object.fromEntries(request.headers), authorization: `Bearer ${accessKey}`, ...extra };
  const body = request.method === "POST" ? { body: await request.text() } : {};
  const response = await fetch(url, { method: request.method, headers, signal, ...body });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response;
}

/** A session of the 2025 era. */
export async function openWire(url: URL, accessKey: string): Promise<Wire> {
  const begin = AbortSignal.timeout(30_000);
  const opened = await over(url, post(initialize), accessKey, {}, begin);
  await opened.text();
  const session = {
    "mcp-session-id": opened.headers.get("mcp-session-id") ?? "",
    "mcp-protocol-version": initialize.params.protocolVersion,
  };
  const told = await over(url, post({ jsonrpc: "2.0", method: "notifications/initialized" }), accessKey, session, begin);
  await told.text();
  return {
    call: async (id, method, params, signal) =>
      answer(await over(url, post({ jsonrpc: "2.0", id, method, params }), accessKey, session, signal)),
    async stream(last, signal) {
      const request = new Request(url, { headers: { accept: "text/event-stream" } });
      return events(await over(url, request, accessKey, { ...session, ...(last ? { "last-event-id": last } : {}) }, signal));
    },
  };
}

/** One request of the 2026 era. */
export async function askModern(url: URL, accessKey: string, method: string, params: Record<string, unknown>, signal: AbortSignal) {
  return over(url, modern(method, params), accessKey, {}, signal);
}
