/** The clients that people have: SDK v2 in both eras and SDK v1, reduced to the calls that the tests share. */
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport as TransportV1 } from "@modelcontextprotocol/sdk/shared/transport.js";

export const kinds = ["v2 modern", "v2 legacy", "v1"] as const;
export type Kind = (typeof kinds)[number];

interface Block {
  type: string;
  text?: string;
  uri?: string;
  mimeType?: string;
  data?: string;
  name?: string;
  size?: number;
}

export interface Result {
  content: Block[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

interface CallOptions {
  signal?: AbortSignal;
  timeout?: number;
  resetTimeoutOnProgress?: boolean;
  onprogress?: (progress: { progress: number; total?: number | undefined; message?: string | undefined }) => void;
}

export interface ListedPrompt {
  name: string;
  title?: string;
  description?: string;
  arguments?: { name: string; title?: string; description?: string; required?: boolean }[];
}

export type Ref = { type: "ref/prompt"; name: string } | { type: "ref/resource"; uri: string };

export interface TestClient {
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<Result>;
  tools(): Promise<{ name: string; [field: string]: unknown }[]>;
  read(uri: string): Promise<{ uri: string; mimeType?: string; blob?: string; text?: string }[]>;
  templates(): Promise<string[]>;
  prompts(): Promise<ListedPrompt[]>;
  /** The text of its only message. */
  prompt(name: string, args?: Record<string, string>): Promise<string>;
  complete(ref: Ref, name: string, value: string): Promise<{ values: string[]; total?: number; hasMore?: boolean }>;
  protocol(): string | undefined;
  instructions(): string | undefined;
  session(): string | undefined;
  close(): Promise<void>;
}

const info = { name: "test", version: "1" };
const loose = <T>(value: unknown): T => value as T;

function onlyText(result: { messages: unknown[] }): string {
  const [message, ...more] = loose<{ role: string; content: Block }[]>(result.messages);
  if (message?.role !== "user" || message.content.type !== "text" || more.length > 0) throw new Error("not one message of a user");
  return message.content.text ?? "";
}

function newV2(kind: Kind): ClientV2 {
  return new ClientV2(info, { versionNegotiation: { mode: kind === "v2 modern" ? "auto" : "legacy" } });
}

function wrapV2(client: ClientV2, session: () => string | undefined): TestClient {
  return {
    call: async (name, args, options) => loose(await client.callTool({ name, ...(args ? { arguments: args } : {}) }, options as never)),
    tools: async () => loose((await client.listTools()).tools),
    read: async (uri) => loose((await client.readResource({ uri })).contents),
    templates: async () => (await client.listResourceTemplates()).resourceTemplates.map((entry) => entry.uriTemplate),
    prompts: async () => loose((await client.listPrompts()).prompts),
    prompt: async (name, args) => onlyText(await client.getPrompt({ name, ...(args ? { arguments: args } : {}) })),
    complete: async (ref, name, value) => loose((await client.complete({ ref, argument: { name, value } })).completion),
    protocol: () => client.getNegotiatedProtocolVersion(),
    instructions: () => client.getInstructions(),
    session,
    close: () => client.close(),
  };
}

function wrapV1(client: ClientV1, session: () => string | undefined, protocol: () => string | undefined): TestClient {
  return {
    call: async (name, args, options) =>
      loose(await client.callTool({ name, ...(args ? { arguments: args } : {}) }, undefined, options as never)),
    tools: async () => loose((await client.listTools()).tools),
    read: async (uri) => loose((await client.readResource({ uri })).contents),
    templates: async () => (await client.listResourceTemplates()).resourceTemplates.map((entry) => entry.uriTemplate),
    prompts: async () => loose((await client.listPrompts()).prompts),
    prompt: async (name, args) => onlyText(await client.getPrompt({ name, ...(args ? { arguments: args } : {}) })),
    complete: async (ref, name, value) => loose((await client.complete({ ref, argument: { name, value } })).completion),
    protocol,
    instructions: () => client.getInstructions(),
    session,
    close: () => client.close(),
  };
}

export async function connectHttp(kind: Kind, url: URL, principal = "ann"): Promise<TestClient> {
  const requestInit = { headers: { authorization: `Bearer ${principal}` } };
  if (kind === "v1") {
    const transport = new HttpV1(url, { requestInit });
    const client = new ClientV1(info);
    await client.connect(transport as TransportV1);
    return wrapV1(
      client,
      () => transport.sessionId,
      () => transport.protocolVersion,
    );
  }
  const transport = new HttpV2(url, { requestInit });
  const client = newV2(kind);
  await client.connect(transport);
  return wrapV2(client, () => transport.sessionId);
}

export interface Command {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

export async function connectStdio(kind: Kind, command: Command): Promise<TestClient> {
  const spawn = { ...command, stderr: "ignore" as const };
  if (kind === "v1") {
    const client = new ClientV1(info);
    await client.connect(new StdioV1(spawn) as TransportV1);
    return wrapV1(
      client,
      () => undefined,
      () => undefined,
    );
  }
  const client = newV2(kind);
  await client.connect(new StdioV2(spawn));
  return wrapV2(client, () => undefined);
}
