/** What the fakes of chat servers share: a server on loopback, bodies, and the calls that it saw. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../core/json.ts";

export interface SeenCall {
  path: string;
  body: JsonObject;
  headers: IncomingMessage["headers"];
  /** The client went away before the answer was whole. */
  aborted: boolean;
}

export interface FakeServer {
  url: string;
  /** Every request, oldest first. */
  calls: SeenCall[];
  close(): Promise<void>;
}

export type Handler = (call: SeenCall, response: ServerResponse) => Promise<void> | void;

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text ? (JSON.parse(text) as JsonObject) : {};
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(value));
}

export async function serve(handler: Handler, port = 0): Promise<FakeServer> {
  const calls: SeenCall[] = [];
  const server = createServer(async (request, response) => {
    const call: SeenCall = { path: request.url ?? "/", body: {}, headers: request.headers, aborted: false };
    response.on("close", () => {
      call.aborted = !response.writableFinished;
    });
    call.body = await bodyOf(request);
    calls.push(call);
    await handler(call, response);
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
