/** One MCP server over a door: the catalogue as tools, jobs and artifacts as resources. The transports differ, what they offer does not. */
import { McpServer } from "@modelcontextprotocol/server";
import { type Log, silentLog } from "../core/log.ts";
import { answerParts } from "./answers.ts";
import { createToolCaller } from "./call-tool.ts";
import type { Door } from "./door.ts";
import type { Era, RegisterExtras } from "./extras.ts";
import { createToolList, mcpTool, refuseCursor } from "./list-tools.ts";
import { registerPrompts } from "./prompts/register.ts";
import { registerResources } from "./resources.ts";
import { registerSubscriptions } from "./subscribe.ts";
import { jobTasks } from "./tasks/job-tasks.ts";
import { registerTasks } from "./tasks/methods.ts";
import { tasksExtension } from "./tasks/task.ts";

export interface McpServerOptions {
  version: string;
  /** Which protocol era this instance serves; what exists in one of them only (subscriptions, tasks) is registered by it. Default: legacy. */
  era?: Era;
  /** Where a browser reaches the studio, such as `http://127.0.0.1:3000`; without it answers name resources only. Asked at each answer: a studio that was started again may listen elsewhere. */
  origin?(): string | undefined;
  /** Longest silence while a call with a progress token runs, in milliseconds. Default 4000. */
  heartbeatMs?: number;
  log?: Log;
  /** Only for a harness. */
  extras?: RegisterExtras | undefined;
}

const instructions = [
  "A self-hosted studio that makes pictures, videos, voices and clips on its own graphics card.",
  "A tool that makes something returns a job id at once: call wait_for_job with it, again while it is not done; the result comes as a preview and a resource link.",
  "Results have artifact ids (art_…), which other tools take. The data of an answer has job or jobs, or error.",
  "A voice or a face of somebody is used only when a person says yes; no argument can say it for them.",
  "Ending a call never ends a job; only cancel_job does.",
].join(" ");

/**
 * `tools/list` and `tools/call` are answered below the SDK's tool registry: the catalogue is data that the door gives, and the tools check their own input, so that
 * every door says the same of a bad field.
 */
export function createMcpServer(door: Door, options: McpServerOptions): McpServer {
  const mcp = new McpServer({ name: "myspinbot", title: "MySpinBot", version: options.version }, { instructions });
  const { era = "legacy", heartbeatMs, origin, log = silentLog } = options;
  mcp.server.registerCapabilities({ tools: { listChanged: false }, resources: { listChanged: false, subscribe: true } });
  const { tools: extraTools = [], prompts, tasks, watchable } = options.extras?.(mcp, era) ?? {};
  const list = createToolList(door);
  const call = createToolCaller(door, list, { era, heartbeatMs, origin, log, capabilities: () => mcp.server.getClientCapabilities() });
  mcp.server.setRequestHandler("tools/list", async ({ params }) => {
    refuseCursor(params?.cursor);
    return { tools: [...(await list.refresh()).map(mcpTool), ...extraTools.map(({ tool }) => tool)] };
  });
  mcp.server.setRequestHandler("tools/call", async ({ params }, context) => {
    const extra = extraTools.find(({ tool }) => tool.name === params.name);
    return extra ? extra.call(params.arguments ?? {}, context) : call(params, context);
  });
  registerResources(mcp, door, options);
  registerPrompts(mcp, door, list, { log, extra: prompts });
  if (era === "legacy") registerSubscriptions(mcp, door, watchable);
  else {
    mcp.server.registerCapabilities({ extensions: { [tasksExtension]: {} } });
    registerTasks(mcp, [jobTasks(door, () => answerParts(door, origin, log)), ...(tasks ? [tasks] : [])]);
  }
  return mcp;
}
