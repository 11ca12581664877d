/** PostgreSQL keeps the contract of approvals, and a job and its yes are one commit. The memory of the tests keeps it too. */
import { describe, expect, it } from "vitest";
import { memoryApprovals } from "../../core/testing/memory-approvals.ts";
import { approvalContract, question } from "./testing/contract/approvals.ts";
import { failureOf, newJob, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

const memory = memoryApprovals();
describe("in memory", () => approvalContract(() => memory));

onEveryServer(({ database }) => {
  approvalContract(() => database().approvals);

  const approved = async (principal: string) => {
    const { id } = await database().approvals.ask(question(principal), 100);
    await database().approvals.answer(id, true, { at: new Date(), by: principal, how: "page", values: {} });
    return { id, call: 0 };
  };

  it("ten jobs at once by one yes are one job, and all hear of it", async () => {
    const me = unique("me");
    const approval = await approved(me);
    const all = await Promise.all(Array.from({ length: 10 }, () => database().jobs.accept(newJob(me, { approval }))));
    expect(new Set(all.map(({ job }) => job.id)).size).toBe(1);
    expect(all.filter(({ created }) => created)).toHaveLength(1);
    expect(await database().jobs.list(me, {})).toHaveLength(1);
    expect(await database().approvals.get(approval.id)).toMatchObject({ state: "used", calls: [{ used: all[0]?.job.id }] });
  });

  it("a job without a yes is none: not of an open question, nor of a no, nor of somebody else's", async () => {
    const me = unique("me");
    const { id: open } = await database().approvals.ask(question(me), 100);
    const theirs = await approved(unique("you"));
    for (const approval of [{ id: open, call: 0 }, theirs])
      expect((await failureOf(database().jobs.accept(newJob(me, { approval })))).code).toBe("conflict");
    expect(await database().jobs.list(me, {})).toEqual([]);
  });

  it("a job that is refused for another reason leaves the yes unused", async () => {
    const me = unique("me");
    const approval = await approved(me);
    await database().jobs.accept(newJob(me));
    expect((await failureOf(database().jobs.accept(newJob(me, { approval, maxWaiting: 1 })))).code).toBe("limit_exceeded");
    expect((await database().approvals.get(approval.id))?.state).toBe("approved");
  });
});
