/** What a harness may put beside the catalogue: a studio that is installed has none of it. */
import type {
  CallToolResult,
  GetPromptResult,
  InputRequiredResult,
  McpServer,
  Prompt,
  ServerContext,
  Tool,
} from "@modelcontextprotocol/server";
import type { TaskSource } from "./tasks/task.ts";

export type Era = "legacy" | "modern";

type Answer = CallToolResult | InputRequiredResult;

export interface ExtraTool {
  tool: Tool;
  call(args: Record<string, unknown>, context: ServerContext): Answer | Promise<Answer>;
}

export interface ExtraPrompt {
  prompt: Prompt;
  get(args: Record<string, string>, context: ServerContext): GetPromptResult | InputRequiredResult;
  /** Values of an argument that begin with what was typed. */
  complete?(name: string, typed: string): string[];
}

export interface Extras {
  tools?: readonly ExtraTool[];
  prompts?: readonly ExtraPrompt[];
  tasks?: TaskSource;
  /** Resources that can be subscribed to. */
  watchable?: readonly string[];
}

/** Called for each server that is made. May register resources itself; tools and prompts are returned, because those of the catalogue are answered below the SDK's registry. */
export type RegisterExtras = (mcp: McpServer, era: Era) => Extras;
