/** What a 401 or 403 tells a client that can get a token by itself (RFC 6750, RFC 9728): where to learn who gives it, and with which scopes. */
import type { Context } from "hono";
import type { Failure } from "../core/failure.ts";
import { MissingScope } from "../core/scope.ts";
import type { Env } from "./env.ts";
import { HttpFailure } from "./failures.ts";
import { metadataUrl, type Resource, usualScopes } from "./oauth-resource.ts";
import { realm } from "./unauthorized.ts";

/** Quoted strings take neither quotes nor backslashes, and headers only ASCII. */
const quoted = (text: string): string => `"${text.replaceAll(/[\\"]/g, "'").replaceAll(/[^\x20-\x7e]/g, " ")}"`;

const parameters = (given: Record<string, string | undefined>): string =>
  Object.entries(given)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${quoted(value)}`))
    .join(", ");

/** The same failure, with its challenge. Every other failure as it is. */
export function challenged(c: Context<Env>, failure: Failure, resource: Resource | undefined): Failure {
  const about = resource ? { resource_metadata: metadataUrl(c, resource) } : {};
  if (failure instanceof MissingScope) {
    // the path itself needs jobs:read, and a client must not come back for one scope after the other
    const scopes = c.req.path === "/mcp" ? [...new Set(["jobs:read", failure.scope])] : [failure.scope];
    const said = { error: "insufficient_scope", error_description: failure.message, scope: scopes.join(" "), ...about };
    return new HttpFailure(403, failure.code, failure.message, { "www-authenticate": `${realm}, ${parameters(said)}` });
  }
  if (!resource || !(failure instanceof HttpFailure) || failure.status !== 401) return failure;
  const begun = failure.headers["www-authenticate"] ?? realm;
  // without credentials nothing was wrong with them: RFC 6750 asks for no error then
  const wrong = begun.includes("error=") ? { error_description: failure.message } : {};
  const said = { ...wrong, scope: usualScopes.join(" "), ...about };
  return new HttpFailure(401, failure.code, failure.message, { ...failure.headers, "www-authenticate": `${begun}, ${parameters(said)}` });
}
