/** Whether the studio can tell the people of Open WebUI apart: the token that the pipe signs, and what is answered to one. */
import { createHmac } from "node:crypto";
import type { StatusRow } from "../../core/client.ts";
import { type Answer, errorOf } from "./look.ts";
import { down, newKeyCommand } from "./scopes.ts";

const base64 = (value: object | Buffer) => (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString("base64url");

/** The token that the pipe sends, for nobody in particular. */
export function signed(secret: string, now: number): string {
  const at = Math.floor(now / 1000);
  const claims = { sub: "myspinbot-check", email: "", name: "check", role: "user", iss: "open-webui", iat: at, exp: at + 300 };
  const head = `${base64({ alg: "HS256", typ: "JWT" })}.${base64(claims)}`;
  return `${head}.${base64(createHmac("sha256", secret).update(head).digest())}`;
}

/** Whether people can be told apart; a made-up token is enough to see what the server would look at. */
export function peopleOf(answer: Answer, given: boolean): { row: StatusRow; actAs: boolean | undefined } {
  const part = "People";
  const { message } = errorOf(answer);
  if (answer.status !== 401) {
    // a studio that does not know the header would serve anybody's work to anybody
    if (!given) return { row: down(part, "the studio does not know the people of Open WebUI", "Update the studio"), actAs: undefined };
    return { row: { part, state: "ok", what: "told apart: both sides have the same secret" }, actAs: true };
  }
  if (message.includes("OPENWEBUI_USER_SECRET"))
    return {
      actAs: undefined,
      row: given
        ? down(
            part,
            "Open WebUI would sign its people, and the studio has no secret to check it",
            "Where the studio runs: set OPENWEBUI_USER_SECRET to the same text, and start it again",
          )
        : {
            part,
            state: "info",
            what: "everybody's jobs belong to the key",
            fix: "To tell people apart: the same OPENWEBUI_USER_SECRET on both sides",
          },
    };
  if (message.includes("act-as"))
    return {
      actAs: false,
      row: given
        ? down(part, "whoever comes in this way may not speak for the people of Open WebUI", `With a key that may: ${newKeyCommand}`)
        : { part, state: "info", what: "everybody's jobs belong to the same principal" },
    };
  return {
    actAs: true,
    row: given
      ? down(
          part,
          "the secret of Open WebUI's people is not the studio's",
          "Give the same OPENWEBUI_USER_SECRET to both; their clocks may differ by 30 s",
        )
      : {
          part,
          state: "info",
          what: "the studio has OPENWEBUI_USER_SECRET, and none was given: everybody's jobs belong to the key",
          fix: "Give it by --user-secret",
        },
  };
}
