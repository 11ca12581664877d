/** PostgreSQL keeps the contract of assets, and makes them in the commit of a job's result. The memory of the tests keeps it too. */
import { describe, expect, it } from "vitest";
import { type Asset, assetIdOf, type Makes } from "../../core/asset.ts";
import { newId } from "../../core/ids.ts";
import { memoryAssets, testAsset } from "../../core/testing/memory-assets.ts";
import { assetContract, datasetOf, loraOf } from "./testing/contract/assets.ts";
import { draft, running, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

describe("in memory", () => {
  const memory = memoryAssets();
  assetContract(
    () => memory,
    async (principal, makes) => {
      const asset = testAsset(makes, { principal, job: newId("job") });
      memory.rows.push(asset);
      return { ...asset };
    },
  );
});

onEveryServer(({ database }) => {
  const draftOf = (job: string, makes: Makes) => {
    const { id, kind, name, details } = testAsset(makes, { job });
    return { id, kind, name, details };
  };
  const make = async (principal: string, makes: Makes): Promise<Asset> => {
    const { jobs, assets } = database();
    const job = await running(jobs, principal, { makes });
    expect(await jobs.publish(job, 1, [draft(0)], draftOf(job, makes))).toBe("published");
    const asset = await assets.find(principal, undefined, assetIdOf(job));
    if (!asset) throw new Error("it was not made");
    return asset;
  };
  assetContract(() => database().assets, make);

  it("is there with the job's success, once, and whole", async () => {
    const { jobs, assets } = database();
    const me = unique("me");
    const job = await running(jobs, me, { makes: loraOf("biscuit") });
    const given = draftOf(job, loraOf("biscuit"));
    expect(await assets.list(me)).toEqual([]);
    const files = [draft(0), draft(1)];
    expect(await jobs.publish(job, 1, files, given)).toBe("published");
    // the answer to the first was lost on the way
    expect(await jobs.publish(job, 1, files, given)).toBe("published");
    expect(await assets.list(me)).toMatchObject([{ ...given, principal: me, job, createdAt: expect.any(Date) }]);
  });

  it("of an attempt that comes too late, or that a person canceled, is none", async () => {
    const { jobs, assets } = database();
    const me = unique("me");
    const late = await running(jobs, me);
    await jobs.claim(late, "another");
    expect(await jobs.publish(late, 1, [draft(0)], draftOf(late, loraOf("late")))).toBe("fenced");
    const canceled = await running(jobs, me);
    await jobs.cancel(me, canceled);
    expect(await jobs.publish(canceled, 1, [draft(0)], draftOf(canceled, loraOf("canceled")))).toBe("canceled");
    expect(await assets.list(me)).toEqual([]);
  });

  it("has the next free name where its own was taken meanwhile, within 60 characters", async () => {
    const me = unique("me");
    const long = "x".repeat(60);
    const names = [];
    for (const name of ["biscuit", "Biscuit", "biscuit", long, long, `${"é".repeat(57)} 22`, `${"é".repeat(57)} 22`])
      names.push((await make(me, loraOf(name))).name);
    const cut = `${"é".repeat(57)} 2`.slice(0, 58);
    expect(names).toEqual(["biscuit", "Biscuit 2", "biscuit 3", long, `${"x".repeat(58)} 2`, `${"é".repeat(57)} 22`, `${cut.trimEnd()} 2`]);
    expect((await make(me, datasetOf("biscuit"))).name).toBe("biscuit");
    expect((await make(unique("you"), loraOf("biscuit"))).name).toBe("biscuit");
  });

  it("ten that are made at once under one name have ten names, while another is renamed to it", async () => {
    const { assets } = database();
    const me = unique("me");
    const other = await make(me, loraOf("other"));
    const [renamed, ...made] = await Promise.all([
      assets.rename(me, other.id, "biscuit 4").catch((error: { code: string }) => error.code),
      ...Array.from({ length: 10 }, () => make(me, loraOf("biscuit"))),
    ]);
    const names = made.map(({ name }) => name);
    expect(new Set(names).size).toBe(10);
    expect(names).toContain("biscuit");
    if (renamed === "conflict") expect(names).toContain("biscuit 4");
    else expect(names).not.toContain("biscuit 4");
    expect(await assets.list(me)).toHaveLength(11);
  });
});
