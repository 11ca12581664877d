/** The question as a form of an MCP client, and what came back. Only an accepted form whose `yes` is true is a yes. */
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type ElicitRequestFormParams,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { ApprovalView } from "../../core/approval.ts";
import type { Era } from "../extras.ts";

type Properties = ElicitRequestFormParams["requestedSchema"]["properties"];

export interface FormAnswer {
  yes: boolean;
  values: Record<string, unknown>;
}

/** Whether a client shows forms. One that names neither kind of elicitation means forms, as it was before there was another kind. */
export function showsForms(context: ServerContext, era: Era, initialized: ClientCapabilities | undefined): boolean {
  const envelope: Record<string, unknown> = { ...context.mcpReq.envelope };
  const declared = era === "modern" ? (envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined) : initialized;
  const elicitation = declared?.elicitation;
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
}

export function formOf({ text, fields, calls }: ApprovalView): ElicitRequestFormParams {
  const why = calls.find((call) => call.why !== undefined)?.why ?? "";
  const filled = fields.map(({ name, title, description, kind }): [string, Properties[string]] => {
    const words = { title, ...(description !== undefined ? { description } : {}) };
    return [name, kind === "check" ? { type: "boolean", ...words } : { type: "string", maxLength: 500, ...words }];
  });
  return {
    mode: "form",
    message: text,
    requestedSchema: {
      type: "object",
      properties: { yes: { type: "boolean", title: "Yes, do this", description: why, default: false }, ...Object.fromEntries(filled) },
      required: ["yes", ...fields.flatMap(({ name, required }) => (required ? [name] : []))],
    },
  };
}

/** Undefined for what is no answer at all. Declined and dismissed forms are a no. */
export function answerOf(response: { action?: unknown; content?: unknown } | undefined): FormAnswer | undefined {
  if (response?.action !== "accept")
    return response?.action === "decline" || response?.action === "cancel" ? { yes: false, values: {} } : undefined;
  const { yes, ...values } = (response.content ?? {}) as Record<string, unknown>;
  return yes === true ? { yes, values } : { yes: false, values: {} };
}
