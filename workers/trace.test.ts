/** What is told of attempts that do not go straight: killed, put back in line, taken over, and busy ones. */
import { expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import type { Claim } from "../core/ports/job-store.ts";
import { TryAgain } from "../core/ports/queue.ts";
import type { Attributes, Tracing } from "../core/ports/tracing.ts";
import { traceAttempt } from "./trace.ts";

interface Told {
  name: string;
  parent: string | undefined;
  attributes: Attributes;
  failed?: string | undefined;
  ms?: number;
}

/** Spans as they are told, in the order of their ends. */
function listening(): { tracing: Tracing; told: Told[] } {
  const told: Told[] = [];
  let count = 0;
  const tracing: Tracing = {
    on: true,
    begin(name, { parent, attributes = {} } = {}) {
      let all = attributes;
      let over = false;
      return {
        traceparent: `${name} ${count++}`,
        set(more) {
          all = { ...all, ...more };
        },
        end(failed) {
          if (!over) told.push({ name, parent, attributes: all, failed });
          over = true;
        },
      };
    },
    record: (name, { parent, attributes = {}, from, to, failed }) => void told.push({ name, parent, attributes, failed, ms: to - from }),
  };
  return { tracing, told };
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

function claimed(more: Partial<Job> = {}, previous: Claim["previous"] = []): Claim {
  const job = {
    ...{ id: "job_1", principal: "june", tool: "render_image", input: { prompt: "secret" }, title: "secret", state: "running" },
    ...{ family: "comfy-sdxl", engine: "comfyui", attempt: previous.length + 1, queuedAt: minutesAgo(10), traceparent: "the submit" },
    ...more,
  } as Job;
  return { job, previous };
}

it("the attempt after one that was killed is its sibling, with the next number; it waited only since that one was lost", async () => {
  const { tracing, told } = listening();
  // killed: it never said that it ended
  traceAttempt(tracing, claimed(), "a:1");
  const lost = { number: 1, worker: "a:1", startedAt: minutesAgo(9), endedAt: minutesAgo(1), outcome: "lost" as const };
  await traceAttempt(tracing, claimed({}, [lost]), "b:2").ending(async () => "succeeded", undefined);
  expect(told.map(({ name, parent, attributes }) => [name, parent, attributes["myspinbot.attempt"]])).toEqual([
    ["queue wait", "the submit", 1],
    ["queue wait", "the submit", 2],
    ["attempt", "the submit", 2],
  ]);
  expect(Math.round((told[1]?.ms ?? 0) / 60_000)).toBe(1);
  expect(told[2]?.attributes).toMatchObject({ "myspinbot.worker": "b:2", "myspinbot.outcome": "succeeded" });
  expect(JSON.stringify(told)).not.toMatch(/secret|june/);
});

it.each([
  [
    "that failed has the code of its failure",
    new Failure("engine_failed", "words"),
    async () => "failed" as const,
    "failed",
    "engine_failed",
  ],
  ["that somebody canceled is no error", new Failure("canceled", "words"), async () => "canceled" as const, "canceled", undefined],
  ["that another has taken over from is lost", new Failure("canceled", "words"), async () => "nothing" as const, "lost", undefined],
  ["that was parked goes back in line", new Failure("canceled", "w"), () => Promise.reject(new TryAgain("w")), "requeued", undefined],
  [
    "that an error put back in line says which",
    new Failure("engine_unavailable", "words"),
    () => Promise.reject(new TryAgain("w")),
    "requeued",
    "engine_unavailable",
  ],
])("an attempt %s", async (_what, end, settle, outcome, failed) => {
  const { tracing, told } = listening();
  await traceAttempt(tracing, claimed(), "a:1")
    .ending(settle, end)
    .catch(() => undefined);
  expect(told.at(-1)).toMatchObject({ name: "attempt", attributes: { "myspinbot.outcome": outcome } });
  expect(told.at(-1)?.failed).toBe(failed);
});

it("a job that came with no trace begins one with its attempt; its stages are told up to a limit", async () => {
  const { tracing, told } = listening();
  const trace = traceAttempt(tracing, claimed({ traceparent: undefined } as unknown as Job), "a:1");
  for (let left = 1000; left > 0; left--) trace.stage("lip_sync", 0.5);
  expect(await trace.publish(async () => "published")).toBe("published");
  const attempt = "attempt 0";
  expect(told[0]).toMatchObject({ name: "queue wait", parent: attempt });
  expect(told.filter(({ name, parent, ms }) => name === "lip sync" && parent === attempt && ms === 500)).toHaveLength(200);
  expect(told.at(-1)).toMatchObject({ name: "publish", parent: attempt, failed: undefined });
});
