/** An identity provider on loopback that publishes its keys, and tokens good and bad. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export interface Provider {
  issuer: string;
  /** Requests that came, by path. */
  asked: string[];
  /** What it answers instead, to a path. */
  broken: Map<string, { status: number; body: string }>;
  sign(claims?: object, options?: { alg?: string; kid?: string; stranger?: boolean; bare?: boolean; typ?: string }): Promise<string>;
  /** From now on another key signs, and those before are gone. */
  rotate(): void;
  /** Its public key as PEM-like bytes: what a confused verifier would take for a shared secret. */
  publicKey: Uint8Array;
  close(): Promise<void>;
}

export const audience = "spin";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
/** Made once: they cost a second each. */
let pairs: Promise<Pair[]> | undefined;

export async function startProvider(): Promise<Provider> {
  pairs ??= Promise.all(["RS256", "RS256", "RS256", "ES256"].map((alg) => generateKeyPair(alg)));
  const [own, stranger, spare, elliptic] = (await pairs) as [Pair, Pair, Pair, Pair];
  let current = "one";
  let signing = own.privateKey;
  const jwks = {
    keys: [
      { ...(await exportJWK(own.publicKey)), kid: "one", alg: "RS256", use: "sig" },
      { ...(await exportJWK(spare.publicKey)), kid: "spare", alg: "RS256", use: "sig" },
      { ...(await exportJWK(elliptic.publicKey)), kid: "two", alg: "ES256", use: "sig" },
    ],
  };
  const asked: string[] = [];
  const broken: Provider["broken"] = new Map();
  let issuer = "";
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const instead = broken.get(path);
    const pages: Record<string, object> = {
      "/.well-known/openid-configuration": { issuer, jwks_uri: `${issuer}/keys` },
      "/keys": jwks,
    };
    const page = pages[path];
    response.statusCode = instead?.status ?? (page ? 200 : 404);
    response.setHeader("content-type", "application/json");
    response.end(instead?.body ?? JSON.stringify(page ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    asked,
    broken,
    publicKey: new TextEncoder().encode(JSON.stringify(jwks.keys[0])),
    async sign(claims = {}, { alg = "RS256", kid = alg === "ES256" ? "two" : current, stranger: forged = false, bare = false, typ } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const whole = { iss: issuer, aud: audience, sub: "june", iat: now, exp: now + 300, scope: "openid jobs:read jobs:write", ...claims };
      const key = alg === "ES256" ? elliptic.privateKey : forged ? stranger.privateKey : signing;
      return new SignJWT(JSON.parse(JSON.stringify(whole)) as JWTPayload)
        .setProtectedHeader({ alg, ...(bare ? {} : { kid }), ...(typ ? { typ } : {}) })
        .sign(key);
    },
    rotate() {
      current = "next";
      signing = spare.privateKey;
      jwks.keys = jwks.keys.flatMap((key) => (key.kid === "spare" ? { ...key, kid: "next" } : []));
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** `alg: none`, as every list of attacks begins. */
export function unsigned(claims: object, alg = "none"): string {
  return `${part({ alg, typ: "JWT" })}.${part(claims)}.`;
}

export const userSecret = "open-webui-shared-secret-of-a-test";

export function userClaims(more: object = {}): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return { sub: "u-1", email: "june@example.org", name: "June", role: "user", iss: "open-webui", iat: now, exp: now + 300, ...more };
}

/** As Open WebUI signs the person behind a request. */
export function userToken(more: object = {}, { secret = userSecret, alg = "HS256" } = {}): Promise<string> {
  const claims = JSON.parse(JSON.stringify(userClaims(more))) as JWTPayload;
  return new SignJWT(claims).setProtectedHeader({ alg, typ: "JWT" }).sign(new TextEncoder().encode(secret));
}
