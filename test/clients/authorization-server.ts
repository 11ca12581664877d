/** A real authorization server (`oidc-provider`) on loopback: signs in June without asking, registers clients, and can change its keys. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import Provider from "oidc-provider";

export const robot = { clientId: "robot", clientSecret: "the-secret-of-the-robot-of-a-test" };

export interface AuthorizationServer {
  readonly issuer: string;
  /** Requests by method and path, oldest first. */
  readonly asked: string[];
  /** A token for the robot as the server gives it. */
  token(ask: { scope: string; resource: string }): Promise<string>;
  /** One that the server would never give: signed by its own key, unless `stranger`. */
  forge(claims: JWTPayload, header?: { alg?: string; typ?: string; kid?: string; stranger?: boolean }): Promise<string>;
  /** From now on it signs with other keys and publishes only those. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

const scopes = "jobs:read jobs:write train voice admin";

async function makeKey(kid: string) {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { privateKey, kid, jwk: { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" } };
}

function makeProvider(issuer: string, jwk: object): Provider {
  return new Provider(issuer, {
    jwks: { keys: [jwk] },
    cookies: { keys: ["only for this run"] },
    scopes: ["openid", ...scopes.split(" ")],
    clients: [
      {
        ...{ client_id: robot.clientId, client_secret: robot.clientSecret, grant_types: ["client_credentials"] },
        ...{ redirect_uris: [], response_types: [], scope: scopes },
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          ...{ scope: scopes, audience: resource, accessTokenTTL: 300, accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } },
        }),
      },
    },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    pkce: { required: () => true },
    ttl: { ClientCredentials: 300, AccessToken: 300, Interaction: 300, Session: 300, Grant: 300 },
  });
}

/** What a person would click: signs in, then allows what is asked for. */
async function agree(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  const finish = (result: Record<string, unknown>) =>
    provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  if (prompt.name === "login") return finish({ login: { accountId: "june" } });
  const grant = new provider.Grant({ accountId: session?.accountId ?? "", clientId: params.client_id });
  const { missingOIDCScope, missingResourceScopes } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
  for (const [resource, asked] of Object.entries(missingResourceScopes ?? {})) grant.addResourceScope(resource, asked.join(" "));
  return finish({ consent: { grantId: await grant.save() } });
}

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const asked: string[] = [];
  let provider: Provider | undefined;
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    asked.push(`${request.method} ${path}`);
    if (!provider) return void response.writeHead(503).end();
    const work = path.startsWith("/interaction/") ? agree(provider, request, response) : provider.callback()(request, response);
    work.catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let key = await makeKey("first");
  const stranger = await makeKey("first");
  provider = makeProvider(issuer, key.jwk);

  return {
    issuer,
    asked,
    async token(ask) {
      const basic = Buffer.from(`${robot.clientId}:${robot.clientSecret}`).toString("base64");
      const answer = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ grant_type: "client_credentials", ...ask }),
      });
      const body = (await answer.json()) as { access_token?: string };
      if (!body.access_token) throw new Error(`no token: ${answer.status} ${JSON.stringify(body)}`);
      return body.access_token;
    },
    forge(claims, { alg = "RS256", typ = "at+jwt", kid = key.kid, stranger: forged = false } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const whole = { iss: issuer, sub: "june", iat: now, exp: now + 300, jti: randomUUID(), scope: "jobs:read jobs:write", ...claims };
      return new SignJWT(whole).setProtectedHeader({ alg, typ, kid }).sign((forged ? stranger : key).privateKey);
    },
    async rotate() {
      key = await makeKey(randomUUID());
      provider = makeProvider(issuer, key.jwk);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
