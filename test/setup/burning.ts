/** The product with tools that need a person's yes, and the ways to ask it, answer it, and count what came of it. */
import { inject } from "vitest";
import type { ApprovalView } from "../../core/approval.ts";
import type { Part } from "../../core/chat.ts";
import type { FailureView } from "../../core/failure.ts";
import type { JobView } from "../../core/view.ts";
import { createDatabase } from "../../platform/postgres/testing/database.ts";
import { burnDisc, burner, forgetAll, lendVoice } from "../../tools/testing/needs-yes.ts";
import { scriptedEngine } from "../../workers/testing/scripted-engine.ts";
import { type Product, startProduct } from "./product.ts";

export interface Answer {
  status: number;
  body: { error?: FailureView; job?: JobView; created?: boolean; approvals?: ApprovalView[] } & Partial<ApprovalView>;
}

export interface Burning {
  product: Product;
  key: string;
  /** Of its database. */
  url: string;
  ask(method: string, path: string, body?: object, headers?: Record<string, string>, key?: string): Promise<Answer>;
  post(path: string, body: object, headers?: Record<string, string>, key?: string): Promise<Answer>;
  burn(words: string, headers?: Record<string, string>, more?: object): Promise<Answer>;
  /** Answers a question by the route. */
  say(id: string, answer: "yes" | "no", key?: string): Promise<Answer>;
  /** Jobs that burn these words. */
  burnt(words: string): Promise<JobView[]>;
  /** How often `forget_all` really ran. */
  forgotten(): number;
  close(): Promise<void>;
}

export async function startBurning(): Promise<Burning> {
  const key = "approvals-admin-key-0123";
  let forgotten = 0;
  const database = await createDatabase(inject("databaseUrl"));
  const tools = [burnDisc, lendVoice, forgetAll(() => forgotten++)];
  const product = await startProduct({ MYSPINBOT_KEY: key, DATABASE_URL: database.url }, { tools, engines: [scriptedEngine(burner)] });
  const ask: Burning["ask"] = async (method, path, body, headers = {}, by = key) => {
    const response = await fetch(product.url + path, {
      method,
      headers: { authorization: `Bearer ${by}`, "content-type": "application/json", ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  };
  const post: Burning["post"] = (path, body, headers, by) => ask("POST", path, body, headers, by);
  return {
    ...{ product, key, url: database.url, ask, post },
    burn: (words, headers, more = {}) => post("/v1/tools/burn_disc", { words, ...more }, headers),
    say: (id, answer, by) => post(`/v1/approvals/${id}`, { answer }, {}, by),
    async burnt(words) {
      const { jobs } = (await ask("GET", "/v1/jobs?tool=burn_disc&limit=200")).body as { jobs?: JobView[] };
      return (jobs ?? []).filter((job) => job.input["words"] === words);
    },
    forgotten: () => forgotten,
    async close() {
      await product.close();
      await database.drop();
    },
  };
}

export function questionOf(parts: readonly Part[]): Extract<Part, { type: "question" }> {
  const question = parts.find((part) => part.type === "question");
  if (!question) throw new Error(`nothing was asked: ${JSON.stringify(parts)}`);
  return question;
}
