/** Bearer tokens of an identity provider: signature by its published keys, issuer, audience, kind and time; scopes from the claim `scope` or `scp`. */
import { createRemoteJWKSet, jwtVerify, type RemoteJWKSet } from "jose";
import { z } from "zod";
import type { Log } from "../core/log.ts";
import type { Principal } from "../core/principal.ts";
import { HttpFailure } from "./failures.ts";
import { clockTolerance, scopesOf, subjectOf, tokenFailure } from "./jwt.ts";
import { unauthorized } from "./unauthorized.ts";

export interface OidcOptions {
  /** Exactly as the provider writes it into its tokens. */
  issuer: string;
  /** Who tokens must be made for: best the address of /mcp, which clients of MCP ask for by themselves (RFC 8707). */
  audience: string;
  /** Where its keys are; without it, the provider says so at its well-known address. */
  jwksUrl?: string;
  log: Log;
  /** Milliseconds after a failed look-up in which nobody asks the provider again. Default 5000. */
  pauseMs?: number;
}

/** Signatures by a private key only: with a shared secret, or none, whoever can read the public keys could sign. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

/** Access tokens (RFC 9068), and those of providers that do not say what their tokens are. Others (logout, proof of possession) are no way in. */
const kinds = new Set(["at+jwt", "application/at+jwt", "jwt", undefined]);

const what = "The token";

/** Who sent a token, and when it ends. */
export interface TokenHolder {
  principal: Principal;
  /** In milliseconds, clocks' difference included. */
  until: number;
}

const metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** Where a provider describes itself: OpenID Connect, then plain OAuth (RFC 8414), whose path is put before the issuer's own. */
function describedAt(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/+$/, "");
  return [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}

async function discover(issuer: string): Promise<string> {
  let status = 0;
  for (const url of describedAt(issuer)) {
    const response = await fetch(url, {
      headers: { accept: "application/json" },
      redirect: "error",
      signal: AbortSignal.timeout(5000),
    });
    status = response.status;
    if (status === 404) continue;
    if (!response.ok) break;
    const found = metadata.parse(await response.json());
    if (found.issuer !== issuer) throw new Error("the provider calls itself by another name than OIDC_ISSUER");
    if (issuer.startsWith("https:") && !found.jwks_uri.startsWith("https:")) throw new Error("the provider's keys are not behind TLS");
    return found.jwks_uri;
  }
  throw new Error(`the provider's configuration answered ${status}`);
}

function unreachable(): HttpFailure {
  return new HttpFailure(
    503,
    "timeout",
    "The identity provider's keys cannot be had, so the token cannot be checked. Try again in a moment; the server log has the reason (OIDC_ISSUER, OIDC_JWKS_URL).",
    { "retry-after": "5" },
  );
}

export function createOidc({ issuer, audience, jwksUrl, log, pauseMs = 5000 }: OidcOptions): (token: string) => Promise<TokenHolder> {
  // an address is the same with and without the last slash, and clients write both
  const audiences = URL.canParse(audience) ? [audience.replace(/\/$/, ""), `${audience.replace(/\/$/, "")}/`] : [audience];
  let finding: Promise<RemoteJWKSet> | undefined;
  let pausedUntil = 0;

  const failed = (error: unknown): HttpFailure => {
    log.warn({ err: error }, "the identity provider's keys cannot be had");
    pausedUntil = Date.now() + pauseMs;
    return unreachable();
  };
  const keys = async (): Promise<RemoteJWKSet> => {
    // a key that is not known yet makes it ask again, at most once in a pause
    finding ??= (async () => createRemoteJWKSet(new URL(jwksUrl ?? (await discover(issuer))), { cooldownDuration: pauseMs }))();
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
    const asked = { algorithms, issuer, audience: audiences, requiredClaims: ["sub", "exp"], clockTolerance };
    const { payload, protectedHeader } = await jwtVerify(token, found, asked).catch((error: unknown) => {
      // with keys at hand whatever is wrong is the token: nobody's token may close the door to others
      throw tokenFailure(error, what) ?? (found.fresh ? unauthorized(`${what} cannot be checked.`) : failed(error));
    });
    if (!kinds.has(protectedHeader.typ?.toLowerCase())) throw unauthorized(`${what} is of another kind (\`typ\`). Send an access token.`);
    const name = payload["name"];
    return {
      principal: {
        id: `oidc:${subjectOf(payload.sub, what)}`,
        ...(typeof name === "string" && name ? { name: name.slice(0, 100) } : {}),
        scopes: scopesOf(payload, audience),
      },
      until: ((payload.exp ?? 0) + clockTolerance) * 1000,
    };
  };
}
