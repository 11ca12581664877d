/** Tries to bring a result into its chat: when each began, and that nothing is looked up where no traces are made. */
import { expect, it } from "vitest";
import type { Delivery } from "./delivery.ts";
import type { JobStore } from "./ports/job-store.ts";
import { noTracing, type Recorded, type Tracing } from "./ports/tracing.ts";
import { traceDeliveries } from "./trace-delivery.ts";

const finishedAt = new Date(1_700_000_000_000);
const delivery = (id: string) => ({ id, principal: "june", job: "job_1", conversation: "conv", attempts: 0 }) as Delivery;

function setUp(base: Partial<Tracing> = { on: true }) {
  const told: Recorded[] = [];
  let looks = 0;
  const jobs: Pick<JobStore, "get"> = {
    async get() {
      looks++;
      return { id: "job_1", tool: "render_image", engine: "preview", family: "preview", traceparent: "the submit", finishedAt } as never;
    },
  };
  const trace = traceDeliveries({ ...noTracing, record: (_name, recorded) => void told.push(recorded), ...base }, jobs);
  return { trace, told, looks: () => looks };
}

/** What was told is told a moment later: a job is looked up first. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it("a try begins when it was handed out here, else when its job ended", async () => {
  const { trace, told } = setUp();
  const before = Date.now();
  trace.handedOut([delivery("dlv_1")]);
  trace.ended(delivery("dlv_1"), "failed");
  trace.ended(delivery("dlv_1"), "delivered");
  await settled();
  expect(told[0]).toMatchObject({ parent: "the submit", failed: "delivery_failed", attributes: { "myspinbot.outcome": "failed" } });
  expect(told[0]?.from).toBeGreaterThanOrEqual(before);
  // the next try was handed out by another process
  expect(told[1]).toMatchObject({ from: finishedAt.getTime(), failed: undefined, attributes: { "myspinbot.outcome": "delivered" } });
});

it("remembers a thousand that are under way, and forgets the oldest", async () => {
  const { trace, told } = setUp();
  trace.handedOut(Array.from({ length: 1001 }, (_, index) => delivery(`dlv_${index}`)));
  for (const id of ["dlv_0", "dlv_1"]) trace.ended(delivery(id), "delivered");
  await settled();
  expect([told[0]?.from === finishedAt.getTime(), told[1]?.from === finishedAt.getTime()]).toEqual([true, false]);
});

it("without traces no job is looked up", async () => {
  const { trace, told, looks } = setUp({ on: false });
  trace.handedOut([delivery("dlv_1")]);
  trace.ended(delivery("dlv_1"), "dead");
  await settled();
  expect([told, looks()]).toEqual([[], 0]);
});
