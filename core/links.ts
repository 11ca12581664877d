/** Links to one file for whoever holds them: one object, GET and its HEAD only, a quarter of an hour at most, and only as long as the file is its maker's. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Artifact, filePath } from "./artifact.ts";
import type { Settings } from "./ports/stores.ts";
import type { Principal } from "./principal.ts";

export interface FileLink {
  /** Path and query on the server; the face that shows it puts its own origin before it. */
  path: string;
  expiresAt: Date;
}

export interface Links {
  /** A link to a file of this principal (the caller has read it as theirs). `strip`: without recipe and metadata; it opens nothing else. At most, and without `seconds`, 15 minutes. */
  make(principal: Principal, file: Pick<Artifact, "id" | "name">, options?: { strip?: boolean; seconds?: number }): FileLink;
  /** Who may read this file by this link: its owner, for this one file. Undefined for anything that is not exactly a link that was made here and is still good. */
  open(asked: LinkedRequest): Promise<Principal | undefined>;
}

export interface LinkedRequest {
  method: string;
  id: string;
  strip: boolean;
  /** As they stand in the query. */
  exp: string | undefined;
  sig: string | undefined;
}

/** Seconds. */
export const longestLink = 15 * 60;

/** 32 bytes of this installation, made by whichever process comes first and the same for all of them. */
export async function linkSecret(settings: Pick<Settings, "keep">): Promise<Buffer> {
  const kept = await settings.keep("link_secret", randomBytes(32).toString("base64url"));
  const secret = Buffer.from(typeof kept === "string" ? kept : "", "base64url");
  if (secret.length !== 32) throw new Error("the setting link_secret is not one of ours");
  return secret;
}

export function createLinks(parts: {
  secret: Uint8Array;
  /** Id of the principal to whom a file belongs, for any id. */
  owner(artifact: string): Promise<string | undefined>;
  now?: () => number;
}): Links {
  const { secret, owner, now = Date.now } = parts;
  // JSON: no id can reach over into its neighbour
  const sign = (id: string, principal: string, strip: boolean, exp: number): Buffer =>
    createHmac("sha256", secret)
      .update(JSON.stringify(["GET", id, principal, strip, exp]))
      .digest();

  return {
    make(principal, file, { strip = false, seconds = longestLink } = {}) {
      const exp = Math.floor(now() / 1000) + Math.max(1, Math.min(longestLink, Math.floor(seconds)));
      const query = new URLSearchParams({
        ...(strip ? { strip: "1" } : {}),
        exp: `${exp}`,
        sig: sign(file.id, principal.id, strip, exp).toString("base64url"),
      });
      return { path: `${filePath(file)}?${query}`, expiresAt: new Date(exp * 1000) };
    },
    async open({ method, id, strip, exp = "", sig = "" }) {
      const principal = await owner(id);
      const until = /^[1-9]\d{0,11}$/.test(exp) ? Number(exp) : 0;
      const wanted = sign(id, principal ?? "", strip, until);
      const given = /^[\w-]{43}$/.test(sig) ? Buffer.from(sig, "base64url") : Buffer.alloc(wanted.length);
      const same = timingSafeEqual(given, wanted);
      const left = until - now() / 1000;
      // HEAD asks what GET would answer
      const reads = method === "GET" || method === "HEAD";
      if (!same || principal === undefined || !reads || left <= 0 || left > longestLink) return undefined;
      return { id: principal, scopes: ["jobs:read"] };
    },
  };
}
