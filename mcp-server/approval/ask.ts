/** A call that a person must allow: their client asks them by a form where it can, else the answer names our page. What the model sends along decides nothing. */
import {
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { ApprovalView } from "../../core/approval.ts";
import type { InvokedView } from "../../core/client.ts";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import type { Door } from "../door.ts";
import type { Era } from "../extras.ts";
import { answerOf, type FormAnswer, formOf, showsForms } from "./form.ts";

export interface AskParts {
  door: Pick<Door, "answer">;
  era: Era;
  /** Of an initialize, in the 2025 era. */
  capabilities: (() => ClientCapabilities | undefined) | undefined;
  origin: (() => string | undefined) | undefined;
  log: Log;
}

/** Milliseconds for which a form may lie open: a person may be at the door. */
const patienceMs = 30 * 60_000;

/** Names the question, so that an answer to another one (the arguments were changed in between) is no answer to this one. */
const keyOf = ({ id }: ApprovalView): string => `yes_to_${id}`;

interface Question {
  approval: ApprovalView;
  /** `consent_required` where it is about a voice or a face. */
  code: "approval_required" | "consent_required";
}

function questionOf(error: unknown): Question | undefined {
  if (!(error instanceof Failure) || !error.approval) return undefined;
  const { approval, code } = error;
  return code === "approval_required" || code === "consent_required" ? { approval, code } : undefined;
}

/** For clients that cannot ask. */
function byPage({ approval, code }: Question, at: string | undefined): CallToolResult {
  const { id, path, calls, expires_at } = approval;
  const url = at === undefined ? path : `${at}${path}`;
  const why = [...new Set(calls.flatMap((call) => call.why ?? []))].join(" ");
  const message = `${why} Nothing was started. Give the person this link: ${url} (good until ${expires_at}). They see all parameters there and say yes or no. Then make the same call again: it goes through once. No argument can say it for them.`;
  return {
    content: [{ type: "text", text: `${code}: ${message}` }],
    structuredContent: { error: { code, message, retryable: false, approval_id: id, url, expires_at } },
    isError: true,
  };
}

/** Undefined where nobody could be asked. */
async function pushed(parts: AskParts, context: ServerContext, approval: ApprovalView): Promise<FormAnswer | undefined> {
  try {
    return answerOf(await context.mcpReq.elicitInput(formOf(approval), { timeout: patienceMs, signal: context.mcpReq.signal }));
  } catch (error) {
    parts.log.debug({ err: error, approval: approval.id }, "an MCP client did not ask its person");
    return undefined;
  }
}

/**
 * Nothing of the question is kept with the client: each round makes the call anew, and the studio says which question is open about exactly this call.
 * @param invoke the call, as often as needed; it is made at most once by one yes.
 */
export async function askingFirst(
  parts: AskParts,
  context: ServerContext,
  invoke: () => Promise<InvokedView>,
): Promise<InvokedView | { instead: CallToolResult | InputRequiredResult }> {
  try {
    return await invoke();
  } catch (error) {
    const question = questionOf(error);
    if (!question) throw error;
    const { approval } = question;
    const page = { instead: byPage(question, parts.origin?.()) };
    if (!showsForms(context, parts.era, parts.capabilities?.())) return page;
    const key = keyOf(approval);
    const responses = context.mcpReq.inputResponses;
    const given = responses && inputResponse(responses, key);
    const said = parts.era === "legacy" ? await pushed(parts, context, approval) : given?.kind === "elicit" ? answerOf(given) : undefined;
    if (!said)
      return parts.era === "legacy"
        ? page
        : { instead: inputRequired({ inputRequests: { [key]: inputRequired.elicit(formOf(approval)) } }) };
    await parts.door.answer(approval.id, { yes: said.yes, how: "elicitation", values: said.values });
    if (!said.yes) throw new Failure("canceled", "The person said no to this. Nothing was started. Do not ask again unless they wish it.");
    return invoke().catch((again: unknown) => {
      const other = questionOf(again);
      if (!other) throw again;
      return { instead: byPage(other, parts.origin?.()) };
    });
  }
}
