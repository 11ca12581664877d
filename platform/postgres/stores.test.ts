/** Artifacts, settings and plans. */
import { describe, expect, it } from "vitest";
import type { Artifact } from "../../core/artifact.ts";
import { newId } from "../../core/ids.ts";
import { draft, running, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

onEveryServer(({ database }) => {
  const upload = (principal: string, more: Partial<Artifact> = {}): Artifact => {
    const { recipe: _, ...plain } = draft(0);
    return { ...plain, principal, attempt: 0, createdAt: new Date(), ...more };
  };

  describe("artifacts", () => {
    it("an upload comes back as it went in, to its owner alone", async () => {
      const { artifacts } = database();
      const [me, you] = [unique("me"), unique("you")];
      const file = upload(me);
      await artifacts.addUpload(file);
      expect(await artifacts.get(me, file.id)).toEqual(file);
      expect(await artifacts.get(you, file.id)).toBeUndefined();
      expect(await artifacts.owner(file.id)).toBe(me);
      expect(await artifacts.owner(newId("art"))).toBeUndefined();
      expect(await artifacts.list(you, {})).toEqual([]);
      expect(await artifacts.get(me, newId("art"))).toBeUndefined();
    });

    it("are listed newest first, and by the conversation of their job", async () => {
      const { artifacts, jobs } = database();
      const [me, conversation] = [unique("me"), unique("conv")];
      const origin = { conversation, message: "m", ordinal: 0 };
      const id = await running(jobs, me, { origin });
      const drafts = [draft(0), draft(1)];
      await jobs.publish(id, 1, drafts);
      const file = upload(me);
      await artifacts.addUpload(file);
      const ids = async (options: { conversation?: string; limit?: number }) => (await artifacts.list(me, options)).map((one) => one.id);
      expect(await ids({})).toEqual([file.id, drafts[1]?.id, drafts[0]?.id]);
      expect(await ids({ conversation })).toEqual([drafts[1]?.id, drafts[0]?.id]);
      expect(await ids({ limit: 1 })).toEqual([file.id]);
      expect(await artifacts.get(me, drafts[0]?.id ?? "")).toMatchObject({ ...drafts[0], job: id, attempt: 1 });
    });

    it("a stored file is referenced while a row points at it", async () => {
      const { artifacts } = database();
      const file = upload(unique("me"));
      expect(await artifacts.isReferenced(file.storageKey)).toBe(false);
      await artifacts.addUpload(file);
      expect(await artifacts.isReferenced(file.storageKey)).toBe(true);
    });
  });

  describe("settings", () => {
    it.each([
      [null],
      ["123"],
      ["null"],
      ['{"a":1}'],
      ["text"],
      [7],
      [false],
      [[1, "2"]],
      [{ mode: "park", since: "2026-11-25T00:00:00.000Z" }],
    ])("%j comes back as it went in", async (value) => {
      const { settings } = database();
      const name = unique("setting");
      expect(await settings.get(name)).toBeUndefined();
      await settings.set(name, { old: true });
      await settings.set(name, value);
      expect(await settings.get(name)).toEqual(value);
    });

    it("the first value that is kept stays, and all 8 who keep one at once read the same", async () => {
      const { settings } = database();
      const name = unique("setting");
      const read = await Promise.all(Array.from({ length: 8 }, (_, index) => settings.keep(name, index)));
      expect(new Set(read).size).toBe(1);
      expect(await settings.keep(name, "late")).toBe(read[0]);
    });
  });

  describe("plans", () => {
    it("the first writer wins, and all 8 read the same", async () => {
      const { plans } = database();
      const [me, conversation] = [unique("me"), unique("conv")];
      const kept = await Promise.all(
        Array.from({ length: 8 }, (_, writer) => plans.keep(me, conversation, "m", { writer, text: "nul \0" })),
      );
      for (const plan of kept) expect(plan).toEqual(kept[0]);
      expect(kept[0]).toMatchObject({ text: "nul \ufffd" });
      expect(await plans.find(conversation, "m")).toEqual(kept[0]);
      expect(await plans.keep(me, conversation, "m", { late: true })).toEqual(kept[0]);
      expect(await plans.keep(me, conversation, "m2", { other: true })).toEqual({ other: true });
      expect(await plans.find(conversation, "m3")).toBeUndefined();
    });
  });
});
