/** One MCP server over a door: the catalogue as tools, artifacts as resources. The transports differ, what they offer does not. */
import { McpServer } from "@modelcontextprotocol/server";
import { type Log, silentLog } from "../core/log.ts";
import { createToolCaller } from "./call-tool.ts";
import type { Door } from "./door.ts";
import { createToolList, mcpTool } from "./list-tools.ts";
import { registerArtifacts } from "./resources.ts";

export interface McpServerOptions {
  version: string;
  /** Which protocol era this instance serves; what exists in one of them only (subscriptions, elicitation) is registered by it. */
  era?: "legacy" | "modern";
  /** Where a browser reaches the studio, such as `http://127.0.0.1:3000`; without it answers name resources only. Asked at each answer: a studio that was started again may listen elsewhere. */
  origin?(): string | undefined;
  /** Longest silence while a call with a progress token runs, in milliseconds. Default 4000. */
  heartbeatMs?: number;
  log?: Log;
}

const instructions = [
  "A self-hosted studio that makes pictures on its own graphics card.",
  "A tool that makes something returns a job id at once: call wait_for_job with it, again while it is not done; the result comes as a preview and a resource link.",
  "Results have artifact ids (art_…), which other tools take.",
  "Ending a call never ends a job; only cancel_job does.",
].join(" ");

/**
 * `tools/list` and `tools/call` are answered below the SDK's tool registry: the catalogue is data that the door gives, and the tools check their own input, so that
 * every door says the same of a bad field.
 */
export function createMcpServer(door: Door, options: McpServerOptions): McpServer {
  const mcp = new McpServer({ name: "myspinbot", title: "MySpinBot", version: options.version }, { instructions });
  mcp.server.registerCapabilities({ tools: {}, resources: { listChanged: false } });
  const list = createToolList(door);
  const call = createToolCaller(door, list, { heartbeatMs: 4000, log: silentLog, ...options });
  mcp.server.setRequestHandler("tools/list", async () => ({ tools: (await list.refresh()).map(mcpTool) }));
  mcp.server.setRequestHandler("tools/call", (request, context) => call(request.params, context));
  registerArtifacts(mcp, door, options);
  return mcp;
}
