/** Who asks: a key of the configuration, a kept key, a token of the identity provider, or nearness; and the person whom Open WebUI names behind an authenticated connection. */
import { createHash, timingSafeEqual } from "node:crypto";
import { type AccessKeys, looksLikeKey } from "../core/access-keys.ts";
import { localPrincipal, type Principal } from "../core/principal.ts";
import { may } from "../core/scope.ts";
import { HttpFailure } from "./failures.ts";
import type { TokenHolder } from "./oidc.ts";
import type { ReadUserToken } from "./openwebui-user.ts";
import { unauthorized } from "./unauthorized.ts";

export interface Identities {
  /** The key of the configuration: the local principal, everything. */
  key?: string;
  keys?: Pick<AccessKeys, "verify">;
  /** A token of the identity provider → who it is. Throws the 401. */
  oidc?: (token: string) => Promise<TokenHolder>;
  /** Open WebUI's signed user → who it is, for a connection that may act as others. Throws the 401. */
  openWebUi?: ReadUserToken;
  /** Loopback is served without any key. Default: where none of the others but kept keys is set up. */
  keyless?: boolean;
}

export interface Caller {
  /** The data folder's socket, or inside this process. */
  local: boolean;
  /** Over loopback. */
  near: boolean;
  authorization: string | undefined;
  /** Open WebUI's header. */
  user: string | undefined;
}

export interface Found {
  principal: Principal;
  /** Whether a kept key was not revoked, or a token has not ended. Absent where what was sent cannot be taken back. */
  still?: () => Promise<boolean>;
  /** True for a token of the identity provider: whoever holds it can get one that may do more, and one that lasts longer. */
  token?: boolean;
}

export const userHeader = "x-openwebui-user-jwt";

const hash = (text: string): Buffer => createHash("sha256").update(text).digest();

function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
}

const looksLikeJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);

/** Whether whoever is near may come without any key, as this machine's person. */
export function isKeyless({ key, oidc, openWebUi, keyless }: Identities): boolean {
  return keyless ?? !(key !== undefined || oidc || openWebUi);
}

export function createWho(identities: Identities): (caller: Caller) => Promise<Found> {
  const { key, keys, oidc, openWebUi } = identities;
  const keyless = isKeyless(identities);
  const wanted = key === undefined ? undefined : hash(key);
  const ways = oidc ? "an access key or a token of the identity provider" : "the access key";

  /** Undefined for a token that is of none of the kinds we know. */
  const byToken = async (token: string): Promise<Found | undefined> => {
    if (wanted && timingSafeEqual(hash(token), wanted)) return { principal: localPrincipal };
    if (looksLikeKey(token)) {
      const found = await keys?.verify(token);
      if (!keys || !found)
        throw unauthorized("The access key is wrong or was revoked. Send the right one: Authorization: Bearer <access key>.");
      const { principal: id, name, scopes } = found;
      return { principal: { id, name, scopes }, still: async () => (await keys.verify(token)) !== undefined };
    }
    if (!oidc || !looksLikeJwt(token)) return undefined;
    const { principal, until } = await oidc(token);
    return { principal, token: true, still: async () => Date.now() < until };
  };

  const connection = async (caller: Caller): Promise<Found & { authenticated: boolean }> => {
    if (caller.local) return { principal: localPrincipal, authenticated: true };
    const token = bearerOf(caller.authorization);
    const found = token === undefined ? undefined : await byToken(token);
    if (found) return { ...found, authenticated: true };
    // programs that must send some key send a made-up one: it gains nothing here
    if (keyless && caller.near) return { principal: localPrincipal, authenticated: false };
    if (keyless && token === undefined)
      throw new HttpFailure(
        403,
        "not_allowed",
        "Without an access key only this machine is served. Make one on the server by `myspinbot key create`, or set MYSPINBOT_KEY there.",
      );
    const hint = token === undefined ? `Send ${ways}` : "The access key is wrong. Send the right one";
    throw unauthorized(`${hint}: Authorization: Bearer <access key>.`, token !== undefined);
  };

  return async (caller) => {
    const { authenticated, ...found } = await connection(caller);
    // whoever names a person means that person: what cannot be believed is refused, and never served as the key's own principal
    if (caller.user === undefined) return found;
    if (!openWebUi)
      throw unauthorized("Open WebUI names a person, and this studio cannot check it. Set OPENWEBUI_USER_SECRET to Open WebUI's secret.");
    if (!authenticated || !may(found.principal, "act-as"))
      throw unauthorized(
        `A person is named in X-OpenWebUI-User-Jwt by a connection that may not. It needs an access key with the scope act-as or admin.`,
      );
    return { ...found, principal: await openWebUi(caller.user, found.principal) };
  };
}
