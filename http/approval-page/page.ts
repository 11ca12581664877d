/** The page that shows one question with everything that would run, and takes the answer. Parameters are untrusted text. */
import { type Approval, type ApprovalCall, type ApprovalField, estimateText, type Face } from "../../core/approval.ts";
import type { Json } from "../../core/json.ts";
import { localPrincipal } from "../../core/principal.ts";
import { html, Markup } from "./html.ts";
import { style } from "./style.ts";

/** What the form carries besides the answer. */
export interface Form {
  action: string;
  token: string;
  /** The person's access key is asked for. */
  asksKey: boolean;
}

const cameBy: Record<Face, string> = { chat: "a chat", mcp: "an AI client (MCP)", api: "the HTTP API or a local client" };

const goOn: Record<Face, string> = {
  chat: 'Go back to the chat and answer "yes" there: it goes on then.',
  mcp: "Go back to your AI client and let it make the same call again: it goes through now, once.",
  api: "Send the same request again: it goes through now, once.",
};

const when = (at: Date) => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;

function document(title: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body><main>
<p class="soft">MySpinBot</p>
${body}
</main></body>
</html>
`.text;
}

function valueText(value: Json | undefined): string {
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  return Array.isArray(value) && value.length === 0 ? "(none)" : JSON.stringify(value, null, 1);
}

function callSection(call: ApprovalCall): Markup {
  const rows = Object.entries(call.input).map(([name, value]) => html`<dt>${name}</dt><dd dir="auto">${valueText(value)}</dd>`);
  const estimate = estimateText([call]);
  return html`<section>
<h2>${call.title}</h2>
<p class="soft">Tool: ${call.tool}${call.parent ? `, made from ${call.parent}` : ""}${estimate ? `. Time: ${estimate}` : ""}</p>
${call.why !== undefined && html`<p class="why">${call.why}</p>`}
${call.statement !== undefined && html`<blockquote>${call.statement}</blockquote>`}
<dl>${rows}</dl>
</section>`;
}

function fieldLabel({ name, title, description, kind, required }: ApprovalField): Markup {
  const needed = required && new Markup(" required");
  const more = description !== undefined && html`<br><span class="soft">${description}</span>`;
  if (kind === "check") return html`<label><input type="checkbox" name="f_${name}" value="true"${needed}> ${title}${more}</label>`;
  return html`<label>${title}${!required && " (if you like)"}${more}<input type="text" name="f_${name}" maxlength="500" autocomplete="off"${needed}></label>`;
}

function facts({ principal, origin, createdAt, expiresAt }: Approval): Markup {
  return html`<p class="soft">Asked for ${principal === localPrincipal.id ? "you, at this machine," : principal} through ${cameBy[origin.face]} at ${when(createdAt)}. Good until ${when(expiresAt)}.</p>`;
}

const keyLabel = html`<label>Your access key
<br><span class="soft">So that it is you who answers, and not a program that has this link.</span>
<input type="password" name="key" autocomplete="off" spellcheck="false"></label>`;

export function questionPage(approval: Approval, { action, token, asksKey }: Form, error?: string): string {
  const total = approval.calls.length > 1 ? estimateText(approval.calls) : undefined;
  return document(
    "Should MySpinBot do this?",
    html`<h1>Should MySpinBot do this?</h1>
${facts(approval)}
${error !== undefined && html`<p class="error" role="alert">${error}</p>`}
${approval.calls.map(callSection)}
${total !== undefined && html`<p>All together: ${total}.</p>`}
<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="form" value="${token}">
${approval.fields.map(fieldLabel)}
${asksKey && keyLabel}
<div class="answers"><button name="answer" value="yes">Yes, do this</button><button name="answer" value="no" formnovalidate>No</button></div>
</form>
<p class="soft">Nothing was started. Your yes is good for exactly this, once.</p>`,
  );
}

const ended: Record<Exclude<Approval["state"], "open">, string> = {
  approved: "You said yes",
  used: "You said yes, and it was started",
  declined: "You said no",
  expired: "This question is over",
};

function nextOf({ state, origin, calls }: Approval): string {
  if (state === "approved") return goOn[origin.face];
  if (state === "declined") return "Nothing was started. Asking for it again makes a new question.";
  if (state === "expired") return "Nothing can be started by it any more. Ask for it again: that makes a new question.";
  return `There is nothing left to do here. ${calls.flatMap(({ used }) => (used?.startsWith("job_") ? `Job ${used}.` : [])).join(" ")}`;
}

export function answeredPage(approval: Approval): string {
  if (approval.state === "open") throw new Error("it is not answered yet");
  const title = ended[approval.state];
  return document(title, html`<h1>${title}</h1><p>${nextOf(approval)}</p>${facts(approval)}${approval.calls.map(callSection)}`);
}

export function notePage(title: string, text: string): string {
  return document(title, html`<h1>${title}</h1><p>${text}</p>`);
}
