/** `prompts/list` and `prompts/get`, answered below the SDK's registry like the tools: what is offered follows from the catalogue of the door. */
import { type McpServer, type Prompt, ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { toFailure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import { parseInput } from "../../core/parse.ts";
import { registerCompletion } from "../completion/complete.ts";
import type { SourceDoor } from "../completion/sources.ts";
import type { ExtraPrompt } from "../extras.ts";
import { refuseCursor, type ToolList } from "../list-tools.ts";
import { argumentsOf, createOffer } from "./offer.ts";
import type { StudioPrompt } from "./prompt.ts";

function mcpPrompt(prompt: StudioPrompt): Prompt {
  const { name, title, description } = prompt;
  return { name, title, description, arguments: argumentsOf(prompt).map(({ values: _values, ...argument }) => argument) };
}

/** Many forms send an empty text for what nobody filled in. */
function filledIn(given: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).filter(([, text]) => text.trim() !== ""));
}

function readArgs(prompt: StudioPrompt, given: Record<string, string>): Record<string, unknown> {
  try {
    return parseInput({ name: prompt.name, input: prompt.args }, filledIn(given));
  } catch (error) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, toFailure(error).message);
  }
}

export interface PromptOptions {
  log: Log;
  /** A harness's own, beside those of the product. */
  extra?: readonly ExtraPrompt[] | undefined;
}

export function registerPrompts(mcp: McpServer, door: SourceDoor, tools: ToolList, { log, extra = [] }: PromptOptions): void {
  const offer = createOffer(tools);
  mcp.server.registerCapabilities({ prompts: { listChanged: false } });
  mcp.server.setRequestHandler("prompts/list", async ({ params }) => {
    refuseCursor(params?.cursor);
    return { prompts: [...(await offer.list()).map(mcpPrompt), ...extra.map(({ prompt }) => prompt)] };
  });
  mcp.server.setRequestHandler("prompts/get", async ({ params: { name, arguments: given = {} } }, context) => {
    const other = extra.find(({ prompt }) => prompt.name === name);
    if (other) return other.get(given, context);
    const prompt = await offer.find(name);
    const text = prompt.message(readArgs(prompt, given));
    return { description: prompt.description, messages: [{ role: "user", content: { type: "text", text } }] };
  });
  registerCompletion(mcp, door, { offer, extra, log });
}
