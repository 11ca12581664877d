/** `/approve/:id`: looking never answers; the form answers once, from this page, in a browser, by the person where there is a key to know them by. */
import type { Context, Hono } from "hono";
import type { Approval } from "../../core/approval.ts";
import { Failure, toFailure } from "../../core/failure.ts";
import { may } from "../../core/scope.ts";
import { isLoopback } from "../access.ts";
import { readBytes } from "../body.ts";
import type { Env } from "../env.ts";
import { failureResponse, HttpFailure } from "../failures.ts";
import type { AppParts } from "../parts.ts";
import { createWho } from "../who.ts";
import { answeredPage, notePage, questionPage } from "./page.ts";
import { createRate } from "./rate.ts";
import { policy } from "./style.ts";

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": policy,
  "cache-control": "no-store",
  // with `no-referrer` browsers would send no Origin with the form; this keeps the link from other sites as well
  "referrer-policy": "same-origin",
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
};

const page = (text: string, status = 200): Response => new Response(text, { status, headers });

const unknownPage = () =>
  page(
    notePage(
      "There is no such question",
      "The link is wrong or incomplete, or the question was never asked. Ask for the same thing again.",
    ),
    404,
  );

/** Only a form of this very page: browsers say where a request comes from, and pages cannot make them say otherwise. */
function comesFromPage(c: Context<Env>, asksKey: boolean): boolean {
  const origin = c.req.header("origin");
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  if (origin === undefined || !URL.canParse(origin) || new URL(origin).host !== host.toLowerCase()) return false;
  const site = c.req.header("sec-fetch-site");
  // browsers leave it out on plain http in a network; there is a key then
  return site === "same-origin" || (site === undefined && asksKey);
}

function valuesOf(approval: Approval, sent: URLSearchParams): Record<string, string | boolean> {
  const given = approval.fields.flatMap(({ name, kind }): [string, string | boolean][] => {
    const value = sent.get(`f_${name}`);
    return value === null ? [] : [[name, kind === "check" ? value === "true" : value]];
  });
  return Object.fromEntries(given);
}

export function approvalPage(app: Hono<Env>, { studio, access, local: alwaysLocal = false }: AppParts): void {
  const { approvals } = studio;
  const who = createWho(access);
  const looks = createRate({ times: 120, spanMs: 60_000 });
  const tries = createRate({ times: 10, spanMs: 15 * 60_000 });

  const callerOf = (c: Context<Env>, authorization: string | undefined) => ({
    ...{ local: alwaysLocal || (c.env?.local ?? false), near: isLoopback(c.env?.remote), authorization, user: undefined },
  });

  /** Undefined where the link is not good, or whoever says who they are is somebody else. */
  const find = async (c: Context<Env>): Promise<Approval | undefined> => {
    const approval = await approvals.byLink(c.req.param("id") ?? "", c.req.query("t") ?? "");
    const authorization = c.req.header("authorization");
    if (!approval || authorization === undefined) return approval;
    const { principal } = await who(callerOf(c, authorization));
    return principal.id === approval.principal ? approval : undefined;
  };

  /** Where this machine's person is served without a key, there is none to ask for. */
  const asksKey = async (c: Context<Env>, approval: Approval): Promise<boolean> =>
    who(callerOf(c, c.req.header("authorization"))).then(
      ({ principal }) => principal.id !== approval.principal,
      () => true,
    );

  const show = async (c: Context<Env>, approval: Approval, error?: { text: string; status: number }): Promise<Response> => {
    if (approval.state !== "open") return page(answeredPage(approval));
    const form = { action: approvals.links.path(approval), token: approvals.links.form(approval), asksKey: await asksKey(c, approval) };
    return page(questionPage(approval, form, error?.text), error?.status ?? 200);
  };

  const answer = async (c: Context<Env>, approval: Approval): Promise<Response> => {
    const over = () => new HttpFailure(413, "limit_exceeded", "The form is too large.");
    const sent = new URLSearchParams((await readBytes(c.req.raw, 50_000, over)).toString("utf8"));
    const refused = (text: string, status = 403) => show(c, approval, { text, status });
    const needsKey = await asksKey(c, approval);
    if (!comesFromPage(c, needsKey)) return refused("This answer did not come from this page in a browser. Answer here, by the buttons.");
    if (!approvals.links.takes(approval, sent.get("form") ?? "")) return refused("This page was open for too long. Answer once more.");
    if (approval.state !== "open") return show(c, approval);
    if (!tries.take(approval.id)) return refused("Too many tries. Wait a quarter of an hour.", 429);
    const said = sent.get("answer");
    if (said !== "yes" && said !== "no") return refused("Say yes or no by one of the buttons.", 400);
    const authorization = needsKey ? `Bearer ${(sent.get("key") ?? "").trim()}` : c.req.header("authorization");
    const found = await who(callerOf(c, authorization)).catch((error: unknown) => {
      if (toFailure(error).code === "internal" || toFailure(error).retryable) throw error;
      return undefined;
    });
    if (found?.principal.id !== approval.principal) return refused("This is not an access key of the person who is asked.");
    if (!may(found.principal, "jobs:write")) return refused("This key may look at jobs only: it needs the scope jobs:write.");
    try {
      await approvals.answer(found.principal, approval.id, { yes: said === "yes", how: "page", values: valuesOf(approval, sent) });
    } catch (error) {
      if (!(error instanceof Failure) || (error.code !== "invalid_input" && error.code !== "conflict")) throw error;
      if (error.code === "invalid_input")
        return refused(error.fields?.map((field) => `${titleOf(approval, field.path)}: ${field.message}`).join(". ") ?? "", 400);
    }
    // by GET: loading it again sends nothing again
    return new Response(null, { status: 303, headers: { ...headers, location: approvals.links.path(approval) } });
  };

  app.on(["GET", "POST"], "/approve/:id", async (c) => {
    try {
      if (!looks.take(c.env?.remote ?? "")) return page(notePage("Too many requests", "Wait a minute, then load the page again."), 429);
      const approval = await find(c);
      if (!approval) return unknownPage();
      return await (c.req.method === "POST" ? answer(c, approval) : show(c, approval));
    } catch (error) {
      const failure = toFailure(error);
      if (failure.code === "internal") throw error;
      return page(notePage("This did not work", failure.message), failureResponse(failure).status);
    }
  });
}

function titleOf(approval: Approval, name: string): string {
  return approval.fields.find((field) => field.name === name)?.title ?? name;
}
