/** The assets that a call may name: what is there, what an open job will make, and what earlier calls of the same plan will make. */
import { type AssetKind, assetIdOf, type Found, type Makes, nameKey, sameName, unknownAsset } from "./asset.ts";
import type { AssetStore } from "./ports/asset-store.ts";
import type { JobStore } from "./ports/job-store.ts";
import type { PrepareContext } from "./tool.ts";

/** A plan that a call is part of. */
export interface Plan {
  /** What its earlier calls will make. */
  makes: readonly Makes[];
  /** Whether those were accepted: what no job makes is no promise then. */
  accepted: boolean;
}

interface Parts {
  assets: Pick<AssetStore, "find" | "list">;
  jobs: Pick<JobStore, "promises">;
}

export function assetsInSight(
  { assets, jobs }: Parts,
  principal: string,
  plan: Plan = { makes: [], accepted: true },
): Pick<PrepareContext, "asset" | "taken"> {
  const promiseOf = async (kind: AssetKind, ref: string): Promise<{ promise: Makes; job: string } | undefined> => {
    const open = await jobs.promises(principal);
    const found = open.find(({ job, makes }) => makes.kind === kind && (sameName(makes.name, ref) || assetIdOf(job) === ref));
    return found && { promise: found.makes, job: found.job };
  };

  return {
    async asset(kind, ref): Promise<Found> {
      const ready = await assets.find(principal, kind, ref);
      // by its place in the plan even where it is ready by now: what a person agreed to stays as it was shown
      const planned = plan.makes.find((makes) => makes.kind === kind && sameName(makes.name, ref));
      const open = planned || !ready ? await promiseOf(kind, ref) : undefined;
      if (planned) {
        const job = open?.job ?? ready?.job;
        if (job !== undefined) return { promise: planned, job, planned: true };
        if (!plan.accepted) return { promise: planned };
      }
      if (ready) return { asset: ready };
      if (open) return open;
      // what an accepted plan was to make and no job makes any more is not there
      const coming = plan.accepted ? [] : plan.makes.filter((makes) => makes.kind === kind);
      const known = [...(await assets.list(principal, { kind, limit: 20 })), ...coming];
      throw unknownAsset(kind, ref, [...new Set(known.map(({ name }) => name))]);
    },

    async taken(kind, name) {
      const key = nameKey(name);
      if (plan.makes.some((makes) => makes.kind === kind && nameKey(makes.name) === key)) return true;
      if ((await jobs.promises(principal)).some(({ makes }) => makes.kind === kind && nameKey(makes.name) === key)) return true;
      const known = await assets.find(principal, kind, name);
      return known !== undefined && nameKey(known.name) === key;
    },
  };
}
