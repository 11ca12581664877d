/** The record of assets. They are made by `JobStore.publish`, in the commit of the job's result; PostgreSQL is the adapter. */
import type { Asset, AssetDetails, AssetKind } from "../asset.ts";

export interface AssetStore {
  /** By id, or by name as a person says it (upper and lower case the same). Another principal's is answered as an unknown one. */
  find(principal: string, kind: AssetKind | undefined, ref: string): Promise<Asset | undefined>;
  /** Newest first. */
  list(principal: string, options?: { kind?: AssetKind; limit?: number }): Promise<Asset[]>;
  /** Failure `conflict` where the principal has another of this kind and name. Undefined = unknown to this principal. */
  rename(principal: string, id: string, name: string): Promise<Asset | undefined>;
  /** One change after the other: each sees what the one before it left. Undefined = unknown to this principal, or `change` says that it is of another kind. */
  edit(principal: string, id: string, change: (details: AssetDetails) => AssetDetails | undefined): Promise<Asset | undefined>;
  /** The row goes; its artifacts stay with the job that made them. False = unknown to this principal. */
  remove(principal: string, id: string): Promise<boolean>;
  /** Every LoRA of everybody, for the folder that the renderer reads: what is missing there is placed again, what is nobody's is taken out. */
  everyLora(): Promise<Asset[]>;
}
