/** A turn that asks for it says what its message is owed, for every job that it follows: made, rolled again, retried, allowed by a yes. */
import { describe, expect, it } from "vitest";
import type { Part } from "../core/chat.ts";
import type { Deliveries, DeliveryRequest } from "../core/deliveries.ts";
import { Failure } from "../core/failure.ts";
import { createTestChat, doneOf, errorOf } from "./testing/chat.ts";

const delivery = { target: { chat: "c1" }, worker: "w", leaseSeconds: 60 };

/** One row for a message and job, as the real ones. */
function rows() {
  const made: DeliveryRequest[] = [];
  const deliveries: Pick<Deliveries, "create"> = {
    async create(principal, request) {
      const known = made.findIndex(({ message, job }) => message === request.message && job === request.job);
      if (known < 0) made.push(request);
      const id = `dlv_${known < 0 ? made.length - 1 : known}`;
      const { job, conversation, message, target } = request;
      const row = { id, principal: principal.id, job, conversation, message, target, state: "pending" as const, attempts: 0 };
      return { delivery: { ...row, createdAt: new Date() }, created: known < 0 };
    },
  };
  return { made, deliveries };
}

const owedBy = (parts: readonly Part[]) => parts.flatMap((part) => (part.type === "job" ? [part.delivery] : []));

describe("a turn with a delivery", () => {
  it("hands it to the submit, and says its id with the job; the same message again says the same", async () => {
    const { made, deliveries } = rows();
    const { turn, studio } = createTestChat({ deliveries });
    const first = await turn("/render a fox", { message: "m1", delivery });
    expect(studio.invoked[0]).toMatchObject({ delivery, origin: { conversation: "conv", message: "m1" } });
    expect(owedBy(first)).toEqual(["dlv_0"]);
    expect(owedBy(await turn("/render a fox", { message: "m1", delivery }))).toEqual(["dlv_0"]);
    expect(made).toEqual([{ conversation: "conv", message: "m1", job: studio.jobs[0]?.id, ...delivery }]);
  });

  it("covers what is rolled again and retried, bound to the message that asked; what is only looked at is owed nothing", async () => {
    const { made, deliveries } = rows();
    const { turn, studio } = createTestChat({ deliveries });
    const [job] = doneOf(await turn("/render a fox", { message: "m1" })).jobs;
    const id = job?.id ?? "";
    expect(made).toEqual([]);
    expect(owedBy(await turn(`/job ${id}`, { message: "m2", delivery }))).toEqual([null]);
    expect(owedBy(await turn(`/reroll ${id}`, { message: "m3", delivery }))).toEqual(["dlv_0"]);
    expect(studio.invoked.at(-1)).toMatchObject({ tool: "reroll_job", delivery });
    const [row] = studio.jobs;
    if (row) row.state = "failed";
    expect(owedBy(await turn(`/retry ${id}`, { message: "m4", delivery }))).toEqual(["dlv_1"]);
    // by then the job is under way: the message that comes again finds it so
    expect(owedBy(await turn(`/retry ${id}`, { message: "m4", delivery }))).toEqual(["dlv_1"]);
    expect(made.map(({ message, job: of }) => [message, of])).toEqual([
      ["m3", studio.jobs[1]?.id],
      ["m4", id],
    ]);
  });

  it("that says yes to a question carries its own", async () => {
    const { made, deliveries } = rows();
    const chat = createTestChat({ deliveries });
    chat.studio.needsYes = ({ tool }) => tool === "render_image";
    const asked = await chat.turn("/render a fox", { message: "m1", delivery });
    expect(asked.some((part) => part.type === "question")).toBe(true);
    expect(made).toEqual([]);
    const yes = { target: { chat: "c1", message: "m1" }, leaseSeconds: 30 };
    expect(owedBy(await chat.turn("yes", { message: "m1:yes", delivery: yes }))).toEqual(["dlv_0"]);
    expect(made).toEqual([{ conversation: "conv", message: "m1:yes", job: chat.studio.jobs[0]?.id, ...yes }]);
  });

  it("that cannot be written for a job met again is left out, and the job goes on", async () => {
    const { deliveries } = rows();
    const broken: typeof deliveries = {
      create: async () => Promise.reject(new Failure("database_unavailable", "The database is away.", { retryable: true })),
    };
    const parts = await createTestChat({ deliveries: broken }).turn("/render a fox", { delivery });
    expect([owedBy(parts), errorOf(parts), doneOf(parts).jobs.length]).toEqual([[undefined], undefined, 1]);
  });

  it("is never made up: a turn without one says nothing of it", async () => {
    const { made, deliveries } = rows();
    const { turn, studio } = createTestChat({ deliveries });
    const parts = await turn("/render a fox");
    expect(parts.some((part) => "delivery" in part)).toBe(false);
    expect(studio.invoked[0]).not.toHaveProperty("delivery");
    expect(made).toEqual([]);
  });
});
