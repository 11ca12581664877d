/** The person behind a request of Open WebUI, from the token that it signs with a secret that both sides know. */
import { jwtVerify } from "jose";
import type { Principal } from "../core/principal.ts";
import { may, personScopes, type Scope } from "../core/scope.ts";
import { HttpFailure } from "./failures.ts";
import { clockTolerance, subjectOf, tokenFailure } from "./jwt.ts";
import { unauthorized } from "./unauthorized.ts";

/** @param by whose connection it came over: nobody gets more by it than that may do. */
export type ReadUserToken = (token: string, by: Principal) => Promise<Principal>;

const what = "X-OpenWebUI-User-Jwt";

/** Seconds: Open WebUI makes one for each request, good for 300. */
const longest = 300;

/** Administrators of Open WebUI administer the studio as well, where the key that it uses may do so. */
function scopesOf(role: unknown, by: Principal): Scope[] {
  const held = personScopes.filter((scope) => may(by, scope));
  return role === "admin" && may(by, "admin") ? [...held, "admin"] : held;
}

export function createOpenWebUiUsers(secret: string): ReadUserToken {
  const key = new TextEncoder().encode(secret);
  return async (token, by) => {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["HS256"],
      issuer: "open-webui",
      requiredClaims: ["sub", "iat", "exp"],
      clockTolerance,
      maxTokenAge: longest,
    }).catch((error: unknown) => {
      throw tokenFailure(error, what) ?? unauthorized(`${what} is not a signed token.`);
    });
    const sub = subjectOf(payload.sub, what);
    const { name, role } = payload;
    if (role === "pending")
      throw new HttpFailure(403, "not_allowed", "This account of Open WebUI still waits for an administrator's approval.");
    return {
      id: `openwebui:${sub}`,
      ...(typeof name === "string" && name ? { name: name.slice(0, 100) } : {}),
      scopes: scopesOf(role, by),
    };
  };
}
