/** The assets of one attempt: those that its job works with, and the one that it makes. */
import { type Asset, type AssetDetails, type AssetDraft, type AssetKind, assetIdOf, sameName, unknownAsset } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import type { AssetStore } from "../core/ports/asset-store.ts";
import type { JobStore } from "../core/ports/job-store.ts";

export interface RunAssets {
  find(kind: AssetKind, ref: string): Promise<Asset>;
  make(details: AssetDetails): void;
  /** For publishing. */
  readonly made: AssetDraft | undefined;
}

interface Parts {
  jobs: Pick<JobStore, "get">;
  assets: Pick<AssetStore, "find" | "list">;
}

export function createRunAssets({ jobs, assets }: Parts, { id, principal, tool, needs = [], makes }: Job): RunAssets {
  let made: AssetDraft | undefined;

  /** By the name under which it was promised too: another one may have taken that meanwhile, or its owner has renamed it. */
  async function needed(kind: AssetKind, ref: string): Promise<Asset | undefined> {
    for (const need of needs) {
      const id = assetIdOf(need);
      const asset = await assets.find(principal, kind, id);
      const promised = (await jobs.get(principal, need))?.makes;
      const meant = id === ref || (promised?.kind === kind && sameName(promised.name, ref));
      if (asset && (meant || sameName(asset.name, ref))) return asset;
      // deleted since: another one that has its name by now is not meant
      if (meant) throw unknownAsset(kind, ref, []);
    }
    return undefined;
  }

  return {
    async find(kind, ref) {
      const asset = (await needed(kind, ref)) ?? (await assets.find(principal, kind, ref));
      if (asset) return asset;
      const known = await assets.list(principal, { kind, limit: 20 });
      throw unknownAsset(
        kind,
        ref,
        known.map(({ name }) => name),
      );
    },
    make(details) {
      if (made || makes?.kind !== details.kind)
        throw new Failure("internal", `${tool} made a ${details.kind} that it had not promised. Report it.`);
      made = { id: assetIdOf(id), kind: details.kind, name: makes.name, details };
    },
    get made() {
      return made;
    },
  };
}
