/** What is wrong with a signed token, in words that repeat nothing of it. */
import { errors, type JWTPayload } from "jose";
import { isScope, type Scope } from "../core/scope.ts";
import type { HttpFailure } from "./failures.ts";
import { unauthorized } from "./unauthorized.ts";

/** Seconds by which two clocks may differ. */
export const clockTolerance = 30;

/** Ids of principals have at most 200 characters, and go into logs and keys. */
const subject = /^[\x21-\x7e]{1,180}$/;

export function subjectOf(sub: unknown, what: string): string {
  if (typeof sub === "string" && subject.test(sub)) return sub;
  throw unauthorized(`${what} names nobody: \`sub\` must be 1 to 180 printable characters without spaces.`);
}

/** Our words among a token's scopes: in `scope`, or in `scp` as some providers write it; also where the provider puts the audience before each. */
export function scopesOf(claims: JWTPayload, audience: string): Scope[] {
  const { scope, scp } = claims;
  const held = typeof scope === "string" ? scope : scp;
  const words = typeof held === "string" ? held.split(" ") : Array.isArray(held) ? held : [];
  const own = `${audience.replace(/\/$/, "")}/`;
  return words.flatMap((word) => (typeof word === "string" ? (word.startsWith(own) ? word.slice(own.length) : word) : [])).filter(isScope);
}

/** Undefined for trouble that is not the token's. */
export function tokenFailure(error: unknown, what: string): HttpFailure | undefined {
  if (error instanceof errors.JWTExpired) return unauthorized(`${what} has expired. Get a new one.`);
  if (error instanceof errors.JWTClaimValidationFailed) {
    const missing = error.reason === "missing";
    return unauthorized(`${what} ${missing ? "lacks" : "has the wrong"} \`${error.claim}\`. It must be made for this studio.`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return unauthorized(`${what} is signed by a method that is not accepted here.`);
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey)
    return unauthorized(`${what} is not signed by whom it should be.`);
  if (error instanceof errors.JWKSMultipleMatchingKeys) return unauthorized(`${what} does not say by which key it is signed (\`kid\`).`);
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return undefined;
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid || error instanceof errors.JOSENotSupported)
    return unauthorized(`${what} is not a signed token.`);
  return undefined;
}
