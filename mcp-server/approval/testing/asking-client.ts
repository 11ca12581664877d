/** An MCP client whose person answers forms, or one that has none: SDK v2 in both eras and SDK v1. */
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport as TransportV1 } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Command, Kind, Result } from "../../testing/clients.ts";

export interface Shown {
  message: string;
  requestedSchema: { properties: Record<string, { type?: string; title?: string }>; required?: string[] };
}

export type Said = { action: "accept"; content: Record<string, string | boolean> } | { action: "decline" | "cancel" };

export interface AskingClient {
  /** Forms that were shown, oldest first. */
  shown: Shown[];
  call(name: string, args?: Record<string, unknown>, meta?: Record<string, unknown>): Promise<Result>;
  close(): Promise<void>;
}

const info = { name: "asking", version: "1" };

/** @param person what they say to a form; absent where the client shows none. */
export async function connectAsking(
  kind: Kind,
  where: { url: URL; key?: string } | Command,
  person?: (form: Shown) => Said,
): Promise<AskingClient> {
  const shown: Shown[] = [];
  const answer = (params: unknown): Said => {
    shown.push(params as Shown);
    return person?.(params as Shown) ?? { action: "cancel" };
  };
  const capabilities = person ? { elicitation: { form: {} } } : {};
  const http = "url" in where ? { requestInit: { headers: where.key ? { authorization: `Bearer ${where.key}` } : {} } } : undefined;
  if (kind === "v1") {
    if (!("url" in where)) throw new Error("the tests use SDK v1 over HTTP only");
    const client = new ClientV1(info, { capabilities });
    if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params));
    await client.connect(new HttpV1(where.url, http) as TransportV1);
    return {
      shown,
      call: async (name, args, meta) => (await client.callTool({ name, arguments: args, ...(meta ? { _meta: meta } : {}) })) as Result,
      close: () => client.close(),
    };
  }
  const client = new ClientV2(info, { capabilities, versionNegotiation: { mode: kind === "v2 modern" ? "auto" : "legacy" } });
  if (person) client.setRequestHandler("elicitation/create", ({ params }) => answer(params));
  await client.connect("url" in where ? new HttpV2(where.url, http) : new StdioClientTransport({ ...where, stderr: "ignore" }));
  return {
    shown,
    call: async (name, args = {}, meta) => (await client.callTool({ name, arguments: args, ...(meta ? { _meta: meta } : {}) })) as Result,
    close: () => client.close(),
  };
}
