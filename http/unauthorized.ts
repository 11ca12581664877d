/** 401 with its challenge. */
import { HttpFailure } from "./failures.ts";

/** @param given false where nothing was sent, so that nothing was wrong with it. */
export function unauthorized(message: string, given = true): HttpFailure {
  return new HttpFailure(401, "unauthorized", message, {
    "www-authenticate": `Bearer realm="myspinbot"${given ? ', error="invalid_token"' : ""}`,
  });
}
