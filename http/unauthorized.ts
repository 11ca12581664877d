/** 401 with its challenge (RFC 6750). Where there is an identity provider, `oauth-challenge.ts` adds where to learn of it. */
import { HttpFailure } from "./failures.ts";

export const realm = 'Bearer realm="myspinbot"';

/** @param given false where nothing was sent, so that nothing was wrong with it. */
export function unauthorized(message: string, given = true): HttpFailure {
  return new HttpFailure(401, "unauthorized", message, { "www-authenticate": `${realm}${given ? ', error="invalid_token"' : ""}` });
}
