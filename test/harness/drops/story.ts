/** What a client goes through in one run, and the patience with which it tries again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Result, TestClient } from "../../../mcp-server/testing/clients.ts";
import type { Product } from "../product.ts";

export interface Scene {
  product: Product;
  /** Of the studio's MCP over HTTP. */
  studio: URL;
  accessKey: string;
  /** Of this run alone: by it the rows are found, whatever the client was told. */
  prompt: string;
  idempotencyKey: string;
  chance(): number;
}

export interface Story {
  /** Which client it was, and where the cut fell. */
  about: string;
  /** False where the answer was complete before the moment came. */
  cut: boolean;
  /** Jobs that any answer named. */
  told: Set<string>;
  /** Calls that were made again. */
  again: number;
  /** Submits made again that were answered with the job of the first one. */
  found: number;
  wrong: string[];
}

export interface Job {
  id: string;
  state: string;
  artifacts: { id: string }[];
}

/** Milliseconds after which a client gives up on a call whose connection is gone. */
const patienceMs = 8000;
const deadlineMs = 90_000;

export const newStory = (about: string): Story => ({ about, cut: false, told: new Set(), again: 0, found: 0, wrong: [] });

export function within(chance: () => number, least: number, most: number): number {
  return least + Math.floor(chance() * (most - least + 1));
}

export function jobIn(result: { structuredContent?: Record<string, unknown>; content?: unknown; isError?: boolean }): Job {
  const job = result.structuredContent?.["job"] as Job | undefined;
  if (!job || result.isError) throw new Error(JSON.stringify(result.structuredContent ?? result.content));
  return job;
}

/** Until there is an answer. */
export async function persist<T>(story: Story, what: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  for (const end = Date.now() + deadlineMs; ; await sleep(50)) {
    try {
      return await call(AbortSignal.timeout(patienceMs));
    } catch (error) {
      if (Date.now() > end) throw new Error(`${what} was not answered: ${error instanceof Error ? error.message : error}`);
      story.again += 1;
    }
  }
}

export function take(story: Story, result: Result): Job {
  const job = jobIn(result);
  if (story.again > 0 && result.structuredContent?.["created"] === false) story.found += 1;
  story.told.add(job.id);
  return job;
}

export const render = ({ prompt, idempotencyKey, chance }: Scene) => ({
  ...{ prompt, width: 64, height: 64, steps: within(chance, 10, 50), seed: within(chance, 0, 1e6) },
  idempotency_key: idempotencyKey,
});

/** As a client that wants its job: the same arguments until there is an answer. */
export async function submit(story: Story, client: () => Promise<TestClient>, input: Record<string, unknown>): Promise<Job> {
  return take(story, await persist(story, "render_image", async (signal) => (await client()).call("render_image", input, { signal })));
}

/** @param progress what is done with each sign of life; without it the client asks for none. */
export async function waitUntilDone(story: Story, client: () => Promise<TestClient>, job: Job, progress?: () => void): Promise<Job> {
  for (let now = job; ; ) {
    if (now.state === "succeeded") return now;
    if (now.state === "failed" || now.state === "canceled") throw new Error(`${now.id} is ${now.state}`);
    now = await persist(story, "wait_for_job", async (signal) => {
      const options = { signal, ...(progress ? { onprogress: progress } : {}) };
      return jobIn(await (await client()).call("wait_for_job", { job_id: job.id, timeout_s: 5 }, options));
    });
  }
}
