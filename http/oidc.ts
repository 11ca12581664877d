/** Bearer tokens of an identity provider: signature by its published keys, issuer, audience and time; scopes from the `scope` claim. */
import { createRemoteJWKSet, jwtVerify, type RemoteJWKSet } from "jose";
import { z } from "zod";
import type { Log } from "../core/log.ts";
import type { Principal } from "../core/principal.ts";
import { isScope } from "../core/scope.ts";
import { HttpFailure } from "./failures.ts";
import { clockTolerance, subjectOf, tokenFailure } from "./jwt.ts";
import { unauthorized } from "./unauthorized.ts";

export interface OidcOptions {
  /** Exactly as the provider writes it into its tokens. */
  issuer: string;
  audience: string;
  /** Where its keys are; without it, the provider says so at its well-known address. */
  jwksUrl?: string;
  log: Log;
  /** Milliseconds after a failed look-up in which nobody asks the provider again. Default 5000. */
  pauseMs?: number;
}

/** Signatures by a private key only: with a shared secret, or none, whoever can read the public keys could sign. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

const what = "The token";

const metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

async function discover(issuer: string): Promise<string> {
  const response = await fetch(`${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) throw new Error(`the provider's configuration answered ${response.status}`);
  const found = metadata.parse(await response.json());
  if (found.issuer !== issuer) throw new Error("the provider calls itself by another name than OIDC_ISSUER");
  if (issuer.startsWith("https:") && !found.jwks_uri.startsWith("https:")) throw new Error("the provider's keys are not behind TLS");
  return found.jwks_uri;
}

function unreachable(): HttpFailure {
  return new HttpFailure(
    503,
    "timeout",
    "The identity provider's keys cannot be had, so the token cannot be checked. Try again in a moment; the server log has the reason (OIDC_ISSUER, OIDC_JWKS_URL).",
    { "retry-after": "5" },
  );
}

export function createOidc({ issuer, audience, jwksUrl, log, pauseMs = 5000 }: OidcOptions): (token: string) => Promise<Principal> {
  let finding: Promise<RemoteJWKSet> | undefined;
  let pausedUntil = 0;

  const failed = (error: unknown): HttpFailure => {
    log.warn({ err: error }, "the identity provider's keys cannot be had");
    pausedUntil = Date.now() + pauseMs;
    return unreachable();
  };
  const keys = async (): Promise<RemoteJWKSet> => {
    finding ??= (async () => createRemoteJWKSet(new URL(jwksUrl ?? (await discover(issuer)))))();
    try {
      return await finding;
    } catch (error) {
      finding = undefined;
      throw error;
    }
  };

  return async (token) => {
    // strangers with made-up tokens must not make us ask a provider that is down for each of them
    if (Date.now() < pausedUntil) throw unreachable();
    const found = await keys().catch((error: unknown) => {
      throw failed(error);
    });
    const asked = { algorithms, issuer, audience, requiredClaims: ["sub", "exp"], clockTolerance };
    const { payload } = await jwtVerify(token, found, asked).catch((error: unknown) => {
      // with keys at hand whatever is wrong is the token: nobody's token may close the door to others
      throw tokenFailure(error, what) ?? (found.fresh ? unauthorized(`${what} cannot be checked.`) : failed(error));
    });
    const name = payload["name"];
    const scope = payload["scope"];
    return {
      id: `oidc:${subjectOf(payload.sub, what)}`,
      ...(typeof name === "string" && name ? { name: name.slice(0, 100) } : {}),
      scopes: (typeof scope === "string" ? scope.split(" ") : []).filter(isScope),
    };
  };
}
