/** One tool call: hand it to the door, keep the client informed while it runs, and answer in words, data and links. */
import {
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { ToolView } from "../core/client.ts";
import { Failure, toFailure } from "../core/failure.ts";
import { isTerminal } from "../core/job.ts";
import { digest, type Json, type JsonObject } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import { nearest } from "../core/nearest.ts";
import { answerParts, answerResult, failureResult, jobResult } from "./answers.ts";
import { askingFirst } from "./approval/ask.ts";
import type { Door } from "./door.ts";
import type { Era } from "./extras.ts";
import { keyField, type ToolList, takesKey } from "./list-tools.ts";
import { reportProgress } from "./progress.ts";
import { taskOf } from "./tasks/job-tasks.ts";
import { createdTask, declaresTasks } from "./tasks/task.ts";

export interface CallOptions {
  era: Era;
  heartbeatMs?: number | undefined;
  origin?: (() => string | undefined) | undefined;
  log: Log;
  /** What the client said at its initialize that it can do. */
  capabilities?: () => ClientCapabilities | undefined;
}

type Params = { name: string; arguments?: Record<string, unknown> | undefined };

function unknownTool(name: string, names: string[]): ProtocolError {
  const near = nearest(name, names);
  const hint = near ? ` Did you mean ${near}?` : "";
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no tool "${name.slice(0, 60)}".${hint} There are: ${names.join(", ")}.`,
  );
}

/** The key that the model gave, else one that makes a request sent twice within one session harmless; a stateless request has nothing to derive one from. */
function splitKey(tool: ToolView, given: Record<string, unknown>, context: ServerContext): { input: Json; key?: string } {
  if (!takesKey(tool)) return { input: given as JsonObject };
  const { [keyField]: key, ...input } = given;
  if (key === undefined) {
    if (!context.sessionId) return { input: input as JsonObject };
    return { input: input as JsonObject, key: `mcp ${digest([context.sessionId, context.mcpReq.id])}` };
  }
  if (typeof key !== "string")
    throw new Failure("invalid_input", `${keyField} is 1 to 128 printable ASCII characters. Use a UUID, for example.`, {
      fields: [{ path: keyField, message: "1 to 128 printable ASCII characters" }],
    });
  return { input: input as JsonObject, key };
}

function traceOf(context: ServerContext): { traceparent?: string } {
  const value = context.mcpReq._meta?.["traceparent"];
  return typeof value === "string" && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value) ? { traceparent: value } : {};
}

export function createToolCaller(door: Door, list: ToolList, { era, heartbeatMs, origin, log, capabilities }: CallOptions) {
  const run = async (tool: ToolView, params: Params, context: ServerContext): Promise<CallToolResult | InputRequiredResult> => {
    const { input, key } = splitKey(tool, params.arguments ?? {}, context);
    const progress = reportProgress(context, heartbeatMs);
    // a call with a key is sent as a stream to a studio behind the door: one that broke off can be taken up again
    const asStream = progress.wanted || key !== undefined;
    try {
      const options = {
        signal: context.mcpReq.signal,
        ...(asStream ? { progress: progress.report } : {}),
        ...(key !== undefined ? { key } : {}),
        ...traceOf(context),
      };
      const result = await askingFirst({ door, era, capabilities, origin, log }, context, () => door.invoke(tool.name, input, options));
      if ("instead" in result) return result.instead;
      if (result.kind === "job" && !isTerminal(result.job.state) && era === "modern" && declaresTasks(context))
        return createdTask(taskOf(result.job));
      const answers = answerParts(door, origin, log);
      return await (result.kind === "job" ? jobResult(result, answers) : answerResult(result, answers));
    } finally {
      progress.stop();
    }
  };
  return async (params: Params, context: ServerContext): Promise<CallToolResult | InputRequiredResult> => {
    try {
      const tool = await list.find(params.name);
      if (!tool) throw unknownTool(params.name, list.names());
      return await run(tool, params, context);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      const failure = toFailure(error);
      if (failure.code === "internal") log.error({ err: error, tool: params.name }, "an MCP tool call failed");
      return failureResult(failure);
    }
  };
}
