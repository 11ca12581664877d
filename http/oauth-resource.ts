/** Protected resource metadata (RFC 9728): who gives tokens for this studio, under which name, and with which scopes. */
import type { Context, Hono } from "hono";
import type { Scope } from "../core/scope.ts";
import type { Env } from "./env.ts";

export interface Resource {
  issuer: string;
  audience: string;
  /** Where people's browsers reach us, where somebody has set it. */
  publicUrl?: string;
}

const path = "/.well-known/oauth-protected-resource";

/** Clients look under the path of what they want to use first, then at the root. */
export const metadataPaths = [path, `${path}/mcp`] as const;

/** What making pictures needs. Whatever needs more says so when it is asked for. */
export const usualScopes = ["jobs:read", "jobs:write"] as const satisfies readonly Scope[];

/** The address of the audience, where it is one. */
const addressOf = (audience: string): URL | undefined =>
  /^https?:\/\//i.test(audience) && URL.canParse(audience) ? new URL(audience) : undefined;

/** Where this request reached us, as far as a proxy that ends TLS lets us see. Only whoever asks is told, so a made-up header misleads nobody else. */
function origin(c: Context<Env>, { audience, publicUrl }: Resource): string {
  const url = new URL(c.req.url);
  const host = c.req.header("host") ?? url.host;
  if (publicUrl !== undefined && new URL(publicUrl).host === host.toLowerCase()) return publicUrl;
  const forwarded = /^https?$/.exec(c.req.header("x-forwarded-proto")?.split(",")[0]?.trim() ?? "")?.[0];
  const known = addressOf(audience);
  const protocol = forwarded ? `${forwarded}:` : known?.host === host.toLowerCase() ? known.protocol : url.protocol;
  return `${protocol}//${host}`;
}

export function metadataUrl(c: Context<Env>, resource: Resource): string {
  return `${origin(c, resource)}${metadataPaths[1]}`;
}

export function resourceRoutes(app: Hono<Env>, resource: Resource | undefined): void {
  for (const one of metadataPaths)
    app.get(one, (c) => {
      if (!resource) return c.notFound();
      const { issuer, audience } = resource;
      return c.json({
        // tokens are asked for by this name, and it is what the audience is compared with
        resource: addressOf(audience) ? audience : `${origin(c, resource)}/mcp`,
        authorization_servers: [issuer],
        scopes_supported: usualScopes,
        bearer_methods_supported: ["header"],
        resource_name: "MySpinBot",
      });
    });
}
