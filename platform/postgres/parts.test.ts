/** Parts of something larger, such as the pictures of a dataset, flood no answer, no list and no stream of events. */
import { expect, it } from "vitest";
import type { ArtifactDraft } from "../../core/artifact.ts";
import { draft, running, story, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

function part(ordinal: number): ArtifactDraft {
  const { recipe, ...rest } = draft(ordinal);
  if (!recipe) throw new Error("a draft has a recipe");
  return { ...rest, recipe: { ...recipe, part: true } };
}

onEveryServer(({ database }) => {
  it("are opened by id, by their owner alone", async () => {
    const { jobs, artifacts } = database();
    const me = unique("me");
    const id = await running(jobs, me);
    const [parts, sheet] = [[part(0), part(1)], draft(2, { name: "biscuit-sheet.jpg" })];
    expect(await jobs.publish(id, 1, [...parts, sheet])).toBe("published");
    for (const job of [await jobs.get(me, id), ...(await jobs.list(me, {}))])
      expect(job?.artifacts.map((one) => one.id)).toEqual([sheet.id]);
    expect(await story(jobs, id)).toEqual(["queued", "running", "artifact", "succeeded"]);
    expect((await artifacts.list(me, {})).map((one) => one.id)).toEqual([sheet.id]);
    for (const one of parts) {
      expect(await artifacts.get(me, one.id)).toMatchObject({ ...one, job: id });
      expect(await artifacts.get(unique("another"), one.id)).toBeUndefined();
      expect(await artifacts.isReferenced(one.storageKey)).toBe(true);
    }
  });

  it("do not hide an upload, which has no recipe", async () => {
    const { artifacts } = database();
    const me = unique("me");
    const { recipe: _recipe, ...file } = draft(0);
    await artifacts.addUpload({ ...file, principal: me, attempt: 0, createdAt: new Date() });
    expect((await artifacts.list(me, { sha256: file.sha256 })).map((one) => one.id)).toEqual([file.id]);
  });
});
