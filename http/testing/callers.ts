/** Whoever asks an app over TCP, with the headers of a test. */
import type { Failure } from "../../core/failure.ts";
import type { JobView } from "../../core/view.ts";
import type { Access } from "../access.ts";
import { createApp } from "../app.ts";
import type { Bindings } from "../env.ts";
import type { AppParts } from "../parts.ts";
import { testParts } from "./app-parts.ts";

const far: Bindings = { remote: "10.0.0.9" };
export const near: Bindings = { remote: "127.0.0.1" };

export interface Answer {
  status: number;
  headers: Headers;
  body: { error?: Pick<Failure, "code" | "message">; jobs?: JobView[] } & Record<string, unknown>;
}

/** An app whose kept keys are those of its parts, and a way to ask it. */
export function callers(access: Partial<Access> = {}, more: Partial<AppParts> = {}) {
  const parts = testParts({ ...more, local: false });
  const whole: Access = { hosts: [], keys: parts.keys, links: parts.links, ...access };
  const app = createApp({ ...parts, access: whole });
  const ask = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}, env = far): Promise<Answer> => {
    const response = await app.request(path, { ...init, headers: { host: "localhost:4417", ...headers } }, env);
    const text = await response.text();
    const json = (response.headers.get("content-type") ?? "").startsWith("application/json");
    return { status: response.status, headers: response.headers, body: json && text ? (JSON.parse(text) as Answer["body"]) : { text } };
  };
  /** Ids of the principal's jobs as this caller sees them: who the server takes them for. */
  const whose = async (headers: Record<string, string>, env = far): Promise<string> => {
    const { status, body } = await ask("/v1/jobs", headers, {}, env);
    if (status !== 200) return `${status} ${body.error?.code}`;
    const [job] = body.jobs ?? [];
    return job ? (parts.studio.jobs.get(job.id)?.principal ?? "") : "somebody new";
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  return { parts, app, ask, whose, bearer };
}
