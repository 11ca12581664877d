/** Trees on PostgreSQL: accepted whole or not at all, each stage behind what it needs; and the last word against a voice without consent. */
import { expect, it } from "vitest";
import { assetIdOf } from "../../core/asset.ts";
import type { NewJob } from "../../core/ports/job-store.ts";
import { testAsset } from "../../core/testing/memory-assets.ts";
import { draft, newJob, running, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

/** A picture, lips that need it, and the clip that needs both. */
function tree(me: string, more: Partial<NewJob> = {}): NewJob {
  const [picture, lips, head] = [newJob(me), newJob(me), newJob(me, more)];
  const stages = { picture: picture.id, lips: lips.id };
  const stage = (job: NewJob, name: string, needs: string[]): NewJob => ({ ...job, needs, tree: { head: head.id, stage: name, stages } });
  return {
    ...head,
    needs: [picture.id, lips.id],
    tree: { head: head.id, stages },
    stages: [stage(picture, "picture", []), stage(lips, "lips", [picture.id])],
  };
}

onEveryServer(({ database }) => {
  it("are there with their stages at once: those that need nothing may start, the others wait for them", async () => {
    const { jobs } = database();
    const me = unique("me");
    const given = tree(me);
    const { job, created } = await jobs.accept(given);
    expect([created, job.blocked, job.tree]).toEqual([true, true, given.tree]);
    const [picture, lips] = given.stages ?? [];
    expect((await jobs.get(me, picture?.id ?? ""))?.blocked).toBeUndefined();
    expect(await jobs.get(me, lips?.id ?? "")).toMatchObject({ blocked: true, tree: { head: job.id, stage: "lips" } });
    expect(await jobs.events(lips?.id ?? "", 0)).toMatchObject([{ state: "queued", note: `Waits for job ${picture?.id}.` }]);
  });

  it("are not there in part: what cannot be written takes all of it back", async () => {
    const { jobs } = database();
    const me = unique("me");
    const first = tree(me);
    await jobs.accept(first);
    const second = tree(me);
    const clash = { ...second, stages: [...(second.stages ?? []), { ...newJob(me), id: first.id }] };
    await expect(jobs.accept(clash)).rejects.toThrow();
    expect(await jobs.get(me, second.id)).toBeUndefined();
    expect(await jobs.list(me, {})).toHaveLength(3);
  });

  it("count as many jobs as they are where it is looked at how many may wait", async () => {
    const { jobs } = database();
    const me = unique("me");
    await expect(jobs.accept(tree(me, { maxWaiting: 2 }))).rejects.toMatchObject({ code: "limit_exceeded" });
    expect(await jobs.list(me, {})).toEqual([]);
    expect((await jobs.accept(tree(me, { maxWaiting: 3 }))).created).toBe(true);
  });

  it("go on stage by stage, and end where one fails", async () => {
    const { jobs } = database();
    const me = unique("me");
    const given = tree(me);
    await jobs.accept(given);
    const [picture = given, lips = given] = given.stages ?? [];
    await jobs.claim(picture.id, "w");
    await jobs.publish(picture.id, 1, [draft(0)]);
    const freed = (await jobs.freeNeeds()).map(({ id }) => id);
    expect(freed).toContain(lips.id);
    expect(freed).not.toContain(given.id);
    await jobs.claim(lips.id, "w");
    await jobs.settle(lips.id, 1, { type: "failed", error: { code: "engine_failed", message: "x", retryable: false } });
    await jobs.freeNeeds();
    expect(await jobs.get(me, given.id)).toMatchObject({ state: "failed", error: { code: "needs_failed" } });
  });

  it("the same key again is the same tree, and no stage is made anew", async () => {
    const { jobs } = database();
    const me = unique("me");
    const given = tree(me, { key: "k", requestDigest: "d" });
    const { job } = await jobs.accept(given);
    const again = await jobs.accept(tree(me, { key: "k", requestDigest: "d" }));
    expect([again.created, again.job.id]).toEqual([false, job.id]);
    expect(await jobs.list(me, {})).toHaveLength(3);
  });

  it("know the newest clip of a stage that several share, one's own alone", async () => {
    const { jobs } = database();
    const me = unique("me");
    const first = tree(me);
    await jobs.accept(first);
    const [picture = first] = first.stages ?? [];
    const again = newJob(me);
    await jobs.accept({ ...again, needs: [picture.id], tree: { head: again.id, stages: { picture: picture.id } } });
    expect(await jobs.headOf(me, picture.id)).toBe(again.id);
    expect(await jobs.headOf(unique("you"), picture.id)).toBeUndefined();
  });

  it("a voice without a consent record is refused by the table itself", async () => {
    const { jobs, assets } = database();
    const me = unique("me");
    const makes = { kind: "voice", name: "june", language: "en" } as const;
    for (const consent of [undefined, {}, { approval: "" }]) {
      const job = await running(jobs, me, { makes });
      const { id, kind, name, details } = testAsset(makes, { job });
      const forged = { ...details, consent } as never;
      await expect(jobs.publish(job, 1, [draft(0)], { id, kind, name, details: forged })).rejects.toThrow();
      expect(await assets.find(me, "voice", assetIdOf(job))).toBeUndefined();
    }
    const job = await running(jobs, me, { makes });
    const { id, kind, name, details } = testAsset(makes, { job });
    expect(await jobs.publish(job, 1, [draft(0)], { id, kind, name, details })).toBe("published");
  });

  it("jobs that are to speak with a voice are found while they are open, one's own alone", async () => {
    const { jobs } = database();
    const [me, you] = [unique("me"), unique("you")];
    const input = { text: "hello", voice: "ast_0000000000000001" };
    const { job } = await jobs.accept(newJob(me, { input }));
    await jobs.accept(newJob(you, { input }));
    expect(await jobs.speaking(me, "ast_0000000000000001")).toEqual([job.id]);
    await jobs.cancel(me, job.id);
    expect(await jobs.speaking(me, "ast_0000000000000001")).toEqual([]);
  });

  it("artifacts that are taken out say where their files lie; another's stay", async () => {
    const { jobs, artifacts } = database();
    const [me, you] = [unique("me"), unique("you")];
    const job = await running(jobs, me);
    const made = draft(0, { seconds: 2.5, sound: true, poster: "art_0000000000000001" });
    await jobs.publish(job, 1, [made]);
    expect(await artifacts.get(me, made.id)).toMatchObject({ seconds: 2.5, sound: true, poster: "art_0000000000000001" });
    expect(await artifacts.remove(you, [made.id])).toEqual([]);
    expect(await artifacts.remove(me, [made.id])).toEqual([made.storageKey]);
    expect(await artifacts.get(me, made.id)).toBeUndefined();
  });
});
