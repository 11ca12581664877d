/** MCP's one path: a token that may not call a tool is told what to ask for, and nothing outlives the key or token that opened it. */
import type { Hono } from "hono";
import type { Principal } from "../core/principal.ts";
import { MissingScope, may, type Scope, scopeOfTool } from "../core/scope.ts";
import type { Studio } from "../core/studio.ts";
import type { Env } from "./env.ts";
import { failureResponse } from "./failures.ts";
import { challenged } from "./oauth-challenge.ts";
import type { AppParts } from "./parts.ts";
import { whileStill } from "./while-still.ts";

interface Call {
  method?: unknown;
  params?: { name?: unknown } | null;
}

/** What the tools that a message calls, or stands for, need and the principal does not have. */
function missing(message: unknown, principal: Principal, { tools }: Pick<Studio, "tools">): Scope | undefined {
  const calls = (Array.isArray(message) ? message : [message]) as (Call | null)[];
  for (const call of calls) {
    const asked = call?.method === "tools/call" ? call.params?.name : call?.method === "tasks/cancel" ? "cancel_job" : undefined;
    const tool = tools.find(({ name }) => name === asked);
    if (tool && !may(principal, scopeOfTool(tool))) return scopeOfTool(tool);
  }
  return undefined;
}

export function mcpRoute(app: Hono<Env>, { mcp, studio, access }: AppParts): void {
  if (!mcp) return;
  app.all("/mcp", (c) => {
    const [principal, still, token] = [c.get("principal"), c.get("still"), c.get("token")];
    const refuse = (message: unknown): Response | undefined => {
      const scope = missing(message, principal, studio);
      return scope && failureResponse(challenged(c, new MissingScope(scope), access.resource));
    };
    // whoever came by a key cannot get another one by themselves: the model reads what is missing in the tool's answer
    const caller = token ? { refuse } : { ...(still ? { still } : {}) };
    const answer = mcp.handle(c.req.raw, principal, caller);
    return still ? whileStill(answer, still) : answer;
  });
}
