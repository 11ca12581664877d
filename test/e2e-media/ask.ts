/** One wish by one of the ways in, to its end; where a person must agree, it is seen that nothing runs before. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, toFailure } from "../../core/failure.ts";
import { isTerminal } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import type { JobView } from "../../core/view.ts";
import { type AskingClient, connectAsking, type Shown } from "../../mcp-server/approval/testing/asking-client.ts";
import type { Result } from "../../mcp-server/testing/clients.ts";
import { done, of, words } from "../e2e-clip/stage.ts";
import type { House } from "./house.ts";
import type { Way } from "./table.ts";

export interface Wish {
  tool: string;
  /** For MCP and HTTP. */
  input: JsonObject;
  /** For the chat, with what is attached to it. */
  words: string;
  attachments?: readonly string[];
  /** What the question must say; absent where nobody is asked. */
  agrees?: RegExp;
}

let conversations = 0;

export async function ended(house: House, id: string): Promise<JobView> {
  for (const end = Date.now() + 600_000; Date.now() < end; await sleep(100)) {
    const job = await house.product.client.job(id);
    if (isTerminal(job.state)) return job;
  }
  throw new Error(`${id} did not end`);
}

const count = async ({ product }: House) => (await product.client.jobs(200)).length;

async function inChat(house: House, { tool, words: text, attachments = [], agrees }: Wish): Promise<JobView> {
  const { checks } = house;
  const conversation = `conv-media-${++conversations}`;
  const before = await count(house);
  let parts = await house.say(conversation, text, attachments);
  if (agrees) {
    const told = words(parts);
    checks.check(
      `${tool} in the chat: asked once, with the statement, and nothing runs`,
      of(parts, "question").length === 1 && agrees.test(told) && /have agreed/.test(told) && (await count(house)) === before,
      told,
    );
    parts = await house.say(conversation, "yes");
  }
  const job = done(parts).find((one) => one.tool === tool);
  if (!job) throw new Error(`"${text}" made no ${tool}: ${words(parts)}`);
  return job;
}

const textOf = ({ content }: Result): string => content.map((block) => block.text ?? "").join("");
const errorOf = ({ structuredContent }: Result) => structuredContent?.["error"] as { code?: string; url?: string } | undefined;

/** What a browser sends when somebody presses Yes on the page. */
async function press(url: string): Promise<number> {
  const token = /name="form" value="([^"]+)"/.exec(await (await fetch(url)).text())?.[1] ?? "";
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    ...{ origin: new URL(url).origin, "sec-fetch-site": "same-origin" },
  };
  const answer = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers,
    body: new URLSearchParams({ form: token, answer: "yes" }),
  });
  return answer.status;
}

/** All that a form asks for, ticked. */
const accepted = ({ requestedSchema: { properties } }: Shown) =>
  Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, type === "boolean" ? true : "June"]));

async function overMcp(house: House, { tool, input, agrees }: Wish, form: boolean): Promise<JobView> {
  const { checks } = house;
  const before = await count(house);
  let [early, shown] = [before, ""];
  const client: AskingClient = await connectAsking(
    "v2 legacy",
    { url: house.url },
    form
      ? (asked) => {
          shown = asked.message;
          return { action: "accept", content: accepted(asked) };
        }
      : undefined,
  );
  try {
    let result = await client.call(tool, input);
    if (agrees && form)
      checks.check(
        `${tool} over MCP: one form, with the statement`,
        client.shown.length === 1 && agrees.test(shown) && /have agreed/.test(shown),
        shown || textOf(result),
      );
    if (agrees && !form) {
      early = await count(house);
      const { code, url = "" } = errorOf(result) ?? {};
      checks.check(
        `${tool} over MCP without forms: consent_required, and a page; nothing runs`,
        code === "consent_required" && early === before,
        [code, textOf(result)],
      );
      checks.check(`${tool}: yes on the page`, (await press(url)) === 303, url);
      result = await client.call(tool, input);
    }
    const job = result.structuredContent?.["job"] as JobView | undefined;
    if (!job || result.isError) throw new Error(`${tool} over MCP: ${textOf(result)}`);
    return ended(house, job.id);
  } finally {
    await client.close();
  }
}

async function overHttp(house: House, { tool, input, agrees }: Wish): Promise<JobView> {
  const { checks, product } = house;
  const before = await count(house);
  if (agrees) {
    const refusal = await product.client.invoke(tool, input).then(() => undefined, toFailure);
    const approval = refusal instanceof Failure ? refusal.approval : undefined;
    checks.check(
      `${tool} over HTTP: consent_required with the question; nothing runs`,
      refusal?.code === "consent_required" && agrees.test(approval?.text ?? "") && (await count(house)) === before,
      refusal?.view(),
    );
    await product.client.answer(approval?.id ?? "", { yes: true, how: "dialog" });
  }
  const invoked = await product.client.invoke(tool, input);
  if (invoked.kind !== "job") throw new Error(`${tool} over HTTP is no job`);
  return ended(house, invoked.job.id);
}

/** Over HTTP, with a yes wherever one is asked for. @returns the job's id. */
export async function invokeAgreed({ product }: House, tool: string, input: JsonObject): Promise<string> {
  const invoked = await product.client.invoke(tool, input).catch(async (error: unknown) => {
    if (!(error instanceof Failure) || !error.approval) throw error;
    await product.client.answer(error.approval.id, { yes: true, how: "dialog" });
    return product.client.invoke(tool, input);
  });
  if (invoked.kind !== "job") throw new Error(`${tool} is no job`);
  return invoked.job.id;
}

/** @returns the job when it has ended, however that was. */
export async function ask(house: House, way: Way, wish: Wish): Promise<JobView> {
  if (way === "chat") return ended(house, (await inChat(house, wish)).id);
  return way === "HTTP" ? overHttp(house, wish) : overMcp(house, wish, way === "MCP form");
}
