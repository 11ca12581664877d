/** The catalogue as MCP tools: the schemas as they are, plus an idempotency key where a repeated call would make a second job. */
import { ProtocolError, ProtocolErrorCode, type Tool } from "@modelcontextprotocol/server";
import type { ToolView } from "../core/client.ts";
import { toFailure } from "../core/failure.ts";
import type { JsonObject } from "../core/json.ts";
import { briefSchema } from "./brief-schema.ts";
import type { Door } from "./door.ts";

export const keyField = "idempotency_key";

const keySchema: JsonObject = { type: "string", description: "Same key, same job." };

/** One shape for every tool, said in the server's instructions: `job` or `jobs` where the answer is about jobs, `error` where it failed, and the tool's own fields beside them. */
const outputSchema = { type: "object" as const };

/** Whether a second call with the same input would do more than the first. */
export function takesKey(tool: ToolView): boolean {
  return tool.kind === "job" || !(tool.annotations.readOnly || tool.annotations.idempotent);
}

export function mcpTool(tool: ToolView): Tool {
  const { readOnly, destructive, idempotent } = tool.annotations;
  const properties = (tool.input_schema["properties"] ?? {}) as JsonObject;
  const schema = briefSchema({ ...tool.input_schema, properties: takesKey(tool) ? { ...properties, [keyField]: keySchema } : properties });
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: schema as Tool["inputSchema"],
    outputSchema,
    // what is left out is false
    annotations: {
      ...(readOnly ? { readOnlyHint: true } : { destructiveHint: destructive }),
      ...(idempotent ? { idempotentHint: true } : {}),
      openWorldHint: false,
    },
  };
}

/** The list is short and comes whole: no cursor was ever handed out. */
export function refuseCursor(cursor: string | undefined): void {
  if (cursor)
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, "There is no such page: the list comes whole. Ask for it without a cursor.");
}

export interface ToolList {
  /** Asks the door: a server behind it may have been replaced by a newer one. */
  refresh(): Promise<ToolView[]>;
  /** The tool of this exact name; asks the door again before it says that there is none. */
  find(name: string): Promise<ToolView | undefined>;
  names(): string[];
}

export function createToolList(door: Pick<Door, "tools">): ToolList {
  let known: ToolView[] = [];
  const named = (name: string) => known.find((tool) => tool.name === name);
  const load = async (): Promise<ToolView[]> => {
    known = await door.tools();
    return known;
  };
  return {
    async refresh() {
      try {
        return await load();
      } catch (error) {
        throw new ProtocolError(ProtocolErrorCode.InternalError, toFailure(error).message);
      }
    },
    async find(name) {
      if (!named(name)) await load();
      return named(name);
    },
    names: () => known.map((tool) => tool.name),
  };
}
