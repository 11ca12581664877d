/** Access keys: made, checked, listed, revoked. A key is shown once; only its hash is kept. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { Failure } from "./failure.ts";
import { newId } from "./ids.ts";
import type { Log } from "./log.ts";
import type { AccessKey, AccessKeyStore, StoredAccessKey } from "./ports/access.ts";
import { localPrincipal } from "./principal.ts";
import type { Scope } from "./scope.ts";

export interface KeyWish {
  name: string;
  scopes: readonly Scope[];
  principal: string;
}

export interface NewAccessKey {
  key: AccessKey;
  /** The whole key as it is sent: seen now and never again. */
  secret: string;
}

export interface AccessKeys {
  create(wish: KeyWish): Promise<NewAccessKey>;
  /** An admin key of the local principal where there was never any key; undefined otherwise. */
  createFirst(): Promise<NewAccessKey | undefined>;
  /** The key that this text is; undefined for a wrong, unknown or revoked one. */
  verify(text: string): Promise<AccessKey | undefined>;
  list(): Promise<AccessKey[]>;
  /** At once, for every request that comes from now on. Failure `unknown_key`. */
  revoke(id: string): Promise<AccessKey>;
}

const form = /^spin_([0-9a-hjkmnp-tv-z]{16})_([\w-]{43})$/;

/** Told from any other bearer token by its beginning, so that a mistyped or revoked one is never taken for something else. */
export function looksLikeKey(text: string): boolean {
  return text.startsWith("spin_");
}

/** Plain SHA-256 is right here: a slow hash protects secrets that can be guessed, and nobody guesses 256 random bits. */
const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Compared with where there is no such key, so that an unknown id costs the same as a wrong secret. */
const nobody = "0".repeat(64);

/** Milliseconds between two notes of when a key was used: a busy client must not cost a write for each request. */
const noteEvery = 60_000;

function bare({ hash: _, ...key }: StoredAccessKey): AccessKey {
  return key;
}

export function createAccessKeys(parts: { store: AccessKeyStore; log: Log; now?: () => number }): AccessKeys {
  const { store, log, now = Date.now } = parts;
  const noted = new Map<string, number>();

  const make = ({ name, scopes, principal }: KeyWish): { stored: StoredAccessKey; secret: string } => {
    const id = newId("key");
    const secret = randomBytes(32).toString("base64url");
    const stored = { id, name, principal, scopes: [...new Set(scopes)], createdAt: new Date(now()), hash: hashOf(secret) };
    return { stored, secret: `spin_${id.slice(4)}_${secret}` };
  };
  const made = ({ stored, secret }: ReturnType<typeof make>): NewAccessKey => {
    log.info({ key: stored.id, principal: stored.principal, scopes: stored.scopes }, "access key made");
    return { key: bare(stored), secret };
  };
  const note = (id: string): void => {
    if (now() - (noted.get(id) ?? 0) < noteEvery) return;
    noted.set(id, now());
    store.used(id, new Date(now())).catch((error: unknown) => log.debug({ err: error, key: id }, "the use of a key was not noted"));
  };

  return {
    async create(wish) {
      const fresh = make(wish);
      await store.add(fresh.stored);
      return made(fresh);
    },
    async createFirst() {
      const fresh = make({ name: "first", scopes: ["admin"], principal: localPrincipal.id });
      return (await store.addFirst(fresh.stored)) ? made(fresh) : undefined;
    },
    async verify(text) {
      const [, id, secret] = form.exec(text) ?? [];
      if (id === undefined || secret === undefined) return undefined;
      const key = await store.find(`key_${id}`);
      const same = timingSafeEqual(Buffer.from(hashOf(secret), "hex"), Buffer.from(key?.hash ?? nobody, "hex"));
      if (!key || !same || key.revokedAt) return undefined;
      note(key.id);
      return bare(key);
    },
    list: () => store.list(),
    async revoke(id) {
      const key = await store.revoke(id, new Date(now()));
      if (!key)
        throw new Failure("unknown_key", `There is no access key ${id.slice(0, 60)}. \`myspinbot key list\` or GET /v1/keys shows them.`);
      noted.delete(id);
      log.info({ key: id, principal: key.principal }, "access key revoked");
      return key;
    },
  };
}
