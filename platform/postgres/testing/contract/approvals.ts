/** What every store of approvals keeps: one live question about the same, one answer, one use, whoever comes at once. */
import { describe, expect, it } from "vitest";
import type { Approval, ApprovalCall } from "../../../../core/approval.ts";
import { newId } from "../../../../core/ids.ts";
import type { ApprovalStore } from "../../../../core/ports/approval-store.ts";
import { failureOf, unique } from "../drafts.ts";

const hour = 3_600_000;

function call(more: Partial<ApprovalCall> = {}): ApprovalCall {
  return { tool: "t", title: "T", input: { seed: 1 }, request: "r", why: "It matters.", ...more };
}

export function question(principal: string, more: Partial<Approval> = {}): Approval {
  const now = Date.now();
  return {
    ...{ id: newId("appr"), principal, about: "a", state: "open", calls: [call()], fields: [], origin: { face: "api" } },
    ...{ createdAt: new Date(now), expiresAt: new Date(now + hour) },
    ...more,
  };
}

const said = (how: "page" | "words" = "page") => ({ at: new Date(), by: "me", how, values: { whose: "June" } });

export function approvalContract(store: () => ApprovalStore): void {
  const asked = async (more: Partial<Approval> = {}): Promise<Approval> => store().ask(question(unique("me"), more), 100);

  describe("asking", () => {
    it("keeps the whole question", async () => {
      const given = question(unique("me"), {
        calls: [call({ parent: "job_1", statement: "I may.", seconds: [1, 2] }), call({ request: "r2" })],
        fields: [{ name: "whose", title: "Whose", kind: "text", required: true }],
        origin: { face: "chat", conversation: "c", message: "m" },
      });
      await store().ask(given, 100);
      expect(await store().get(given.id)).toEqual(given);
      expect(await store().get(newId("appr"))).toBeUndefined();
    });

    it("twelve times at once about the same is one question; about another, or by another, it is another", async () => {
      const me = unique("me");
      const all = await Promise.all(Array.from({ length: 12 }, () => store().ask(question(me), 100)));
      expect(new Set(all.map(({ id }) => id)).size).toBe(1);
      const others = [await store().ask(question(me, { about: "b" }), 100), await store().ask(question(unique("you")), 100)];
      expect(new Set([...all, ...others].map(({ id }) => id)).size).toBe(3);
      expect((await store().list(me, { open: true, limit: 10 })).map(({ about }) => about)).toEqual(["b", "a"]);
    });

    it.each(["declined", "used", "expired"] as const)("anew after one that is %s", async (state) => {
      const first = await asked();
      if (state === "expired") await store().expire(first.id);
      else await store().answer(first.id, state === "used", said());
      if (state === "used") await store().use(first.principal, { id: first.id, call: 0 }, "x");
      expect((await store().get(first.id))?.state).toBe(state);
      expect(await store().live(first.principal, "a")).toBeUndefined();
      expect((await store().ask(question(first.principal), 100)).id).not.toBe(first.id);
    });

    it.each(["declined", "used"] as const)("one chat message asks once, also after it was %s", async (state) => {
      const first = await asked({ origin: { face: "chat", conversation: "c", message: "m" } });
      await store().answer(first.id, state === "used", said());
      if (state === "used") await store().use(first.principal, { id: first.id, call: 0 }, "x");
      const again = await store().ask(question(first.principal, { origin: first.origin }), 100);
      expect([again.id, again.state]).toEqual([first.id, state]);
    });

    it("finds the approved one until it is used, and no more once its time is over", async () => {
      const first = await asked();
      await store().answer(first.id, true, said());
      expect(await store().ask(question(first.principal), 100)).toMatchObject({ id: first.id, state: "approved" });
      const old = await asked({ expiresAt: new Date(Date.now() - 1000) });
      expect((await store().get(old.id))?.state).toBe("expired");
      expect(await store().live(old.principal, "a")).toBeUndefined();
      expect(await store().list(old.principal, { open: true, limit: 10 })).toEqual([]);
      expect((await store().ask(question(old.principal), 100)).id).not.toBe(old.id);
    });

    it("ends at the limit of open questions, which others do not feel", async () => {
      const me = unique("me");
      for (const about of ["1", "2"]) await store().ask(question(me, { about }), 2);
      const failure = await failureOf(store().ask(question(me, { about: "3" }), 2));
      expect([failure.code, failure.retryable]).toEqual(["limit_exceeded", true]);
      await store().ask(question(unique("you"), { about: "3" }), 2);
    });
  });

  describe("answering", () => {
    it("is kept once: of two at once with different answers one counts", async () => {
      const { id } = await asked();
      const both = await Promise.all([store().answer(id, true, said("page")), store().answer(id, true, said("words"))]);
      expect(both.map((done) => done?.changed).sort()).toEqual([false, true]);
      const kept = await store().get(id);
      expect(kept).toMatchObject({ state: "approved", answer: { by: "me", values: { whose: "June" } } });
      expect(kept?.answer?.at).toBeInstanceOf(Date);
      expect(await store().answer(newId("appr"), true, said())).toBeUndefined();
    });

    it("a yes may become a no until it is used; a no stays one; what is over takes none", async () => {
      const one = await asked();
      await store().answer(one.id, true, said());
      expect(await store().answer(one.id, false, said())).toMatchObject({ changed: true, approval: { state: "declined" } });
      expect(await store().answer(one.id, true, said())).toMatchObject({ changed: false, approval: { state: "declined" } });
      const two = await asked({ calls: [call(), call({ request: "r2" })] });
      await store().answer(two.id, true, said());
      await store().use(two.principal, { id: two.id, call: 0 }, "x");
      expect(await store().answer(two.id, false, said())).toMatchObject({ changed: false, approval: { state: "approved" } });
      const old = await asked({ expiresAt: new Date(Date.now() - 1000) });
      expect(await store().answer(old.id, true, said())).toMatchObject({ changed: false, approval: { state: "expired" } });
    });
  });

  describe("using", () => {
    it("is for one: of ten at once each hears who has it", async () => {
      const { id, principal } = await asked();
      await store().answer(id, true, said());
      const holders = await Promise.all(Array.from({ length: 10 }, (_, n) => store().use(principal, { id, call: 0 }, `by ${n}`)));
      expect(new Set(holders).size).toBe(1);
      expect(await store().get(id)).toMatchObject({ state: "used", calls: [{ used: holders[0] }] });
    });

    it("is over when every call that needed the yes has had it", async () => {
      const { why: _none, ...free } = call({ request: "r3" });
      const { id, principal } = await asked({ calls: [call(), call({ request: "r2" }), free] });
      await store().answer(id, true, said());
      await store().use(principal, { id, call: 1 }, "x");
      expect((await store().get(id))?.state).toBe("approved");
      await store().use(principal, { id, call: 0 }, "y");
      expect((await store().get(id))?.state).toBe("used");
    });

    it("needs a yes of this person", async () => {
      const open = await asked();
      const yes = await asked();
      await store().answer(yes.id, true, said());
      for (const [principal, id] of [
        [open.principal, open.id],
        [unique("you"), yes.id],
        [yes.principal, newId("appr")],
      ] as const)
        expect((await failureOf(store().use(principal, { id, call: 0 }, "x"))).code).toBe("conflict");
      expect((await failureOf(store().use(yes.principal, { id: yes.id, call: 3 }, "x"))).code).toBe("conflict");
    });
  });
}
