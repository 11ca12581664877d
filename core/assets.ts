/** A principal's named things over their store: found by id or name, renamed, edited, taken away. */
import { type Asset, type AssetKind, assetKinds, assetName, unknownAsset } from "./asset.ts";
import { Failure } from "./failure.ts";
import { isId } from "./ids.ts";
import type { Log } from "./log.ts";
import type { AssetStore } from "./ports/asset-store.ts";
import type { Principal } from "./principal.ts";
import type { Assets } from "./studio.ts";

export interface AssetParts {
  assets: AssetStore;
  /** Takes away what was placed for it outside of the store, such as a LoRA in the folder of the renderer. */
  unplace?(asset: Asset): Promise<void>;
  log: Log;
}

/** Ends what works with it, where that is due. */
type Revoke = (gone: { principal: Principal; asset: Asset }) => Promise<void>;

export function createAssets({ assets, unplace, revoke, log }: AssetParts & { revoke?: Revoke }): Assets {
  const unknown = async ({ id }: Principal, ref: string, kind?: AssetKind): Promise<Failure> => {
    const known = await assets.list(id, { limit: 20, ...(kind ? { kind } : {}) });
    return unknownAsset(
      kind,
      ref,
      known.map(({ name }) => name),
    );
  };

  async function get(principal: Principal, ref: string, kind?: AssetKind): Promise<Asset> {
    if (kind || isId("ast", ref)) {
      const found = await assets.find(principal.id, kind, ref);
      if (found) return found;
      throw await unknown(principal, ref, kind);
    }
    const each = await Promise.all(assetKinds.map((one) => assets.find(principal.id, one, ref)));
    const [first, second] = each.filter((one) => one !== undefined);
    if (first && second)
      throw new Failure(
        "invalid_input",
        `A ${first.kind} and a ${second.kind} of yours are called "${first.name}". Say which kind you mean.`,
        {
          fields: [{ path: "kind", message: `one of ${assetKinds.join(", ")}` }],
        },
      );
    if (!first) throw await unknown(principal, ref);
    return first;
  }

  return {
    get,
    list: (principal, options) => assets.list(principal.id, options),

    async rename(principal, ref, name, kind) {
      const fresh = assetName(name);
      const { id } = await get(principal, ref, kind);
      const renamed = await assets.rename(principal.id, id, fresh);
      if (!renamed) throw await unknown(principal, ref, kind);
      return renamed;
    },

    async edit(principal, ref, change) {
      const { id } = await get(principal, ref, "dataset");
      const edited = await assets.edit(principal.id, id, (details) => (details.kind === "dataset" ? change(details) : undefined));
      if (!edited) throw await unknown(principal, ref, "dataset");
      return edited;
    },

    async editVoice(principal, ref, change) {
      const { id } = await get(principal, ref, "voice");
      // the consent is for this recording: it is no part of what can be changed
      const edited = await assets.edit(principal.id, id, (details) => (details.kind === "voice" ? { ...details, ...change } : undefined));
      if (!edited) throw await unknown(principal, ref, "voice");
      return edited;
    },

    async remove(principal, ref, kind) {
      const asset = await get(principal, ref, kind);
      if (!(await assets.remove(principal.id, asset.id))) throw await unknown(principal, ref, kind);
      // behind the row: a file without one is taken out later, a row without its file would be offered and fail
      await unplace?.(asset).catch((error: unknown) =>
        log.warn({ err: error, asset: asset.id }, "what was placed for an asset is still there"),
      );
      await revoke?.({ principal, asset }).catch((error: unknown) =>
        log.warn({ err: error, asset: asset.id }, "what works with a deleted voice was not ended"),
      );
      return asset;
    },
  };
}
