/** Names for things: short, lower case, safe in URLs, file names and queue keys (no `:`, never digits alone). */
import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

export type IdKind = "job" | "art" | "conv" | "msg" | "dlv" | "key" | "appr" | "ast";

/** `job_` + 16 characters of Crockford base 32: 80 random bits. */
export function newId(kind: IdKind): string {
  let text = `${kind}_`;
  for (const byte of randomBytes(16)) text += alphabet[byte & 31];
  return text;
}

/** What `newId` makes; anything else is answered as unknown without asking the database. */
export function isId(kind: IdKind, text: string): boolean {
  return text.length === kind.length + 17 && new RegExp(`^${kind}_[0-9a-hjkmnp-tv-z]{16}$`).test(text);
}
