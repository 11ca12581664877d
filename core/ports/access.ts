/** Access keys at rest: what they are called, whose they are and what they may do; never the key itself. */
import type { Scope } from "../scope.ts";

export interface AccessKey {
  /** `key_` + 16 characters; no secret. */
  id: string;
  name: string;
  /** Id of the principal for whom whoever holds the key speaks. */
  principal: string;
  scopes: readonly Scope[];
  createdAt: Date;
  /** Exact to a minute. */
  lastUsedAt?: Date;
  revokedAt?: Date;
}

export interface StoredAccessKey extends AccessKey {
  /** Hex SHA-256 of the secret part. */
  hash: string;
}

export interface AccessKeyStore {
  add(key: StoredAccessKey): Promise<void>;
  /** Adds it where there was never any key, revoked ones counted; false otherwise. Of several processes at once one wins. */
  addFirst(key: StoredAccessKey): Promise<boolean>;
  /** Also a revoked one: the caller looks at `revokedAt`. */
  find(id: string): Promise<StoredAccessKey | undefined>;
  /** Newest first, revoked ones included. */
  list(): Promise<AccessKey[]>;
  /** The key as it is afterwards; one that was revoked before keeps its time. Undefined = unknown. */
  revoke(id: string, at: Date): Promise<AccessKey | undefined>;
  used(id: string, at: Date): Promise<void>;
}
