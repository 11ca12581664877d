/** `POST /v1/chat`: a turn as typed parts. */
import type { Hono } from "hono";
import { z } from "zod";
import type { Part } from "../core/chat.ts";
import { converse } from "../core/converse.ts";
import { newId } from "../core/ids.ts";
import { maxAttachments, maxText } from "../core/limits.ts";
import { parseWith, readJson } from "./body.ts";
import { deliveryWish, wishOf } from "./delivery-routes.ts";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";
import { eventStream, type ServerEvent } from "./sse.ts";
import { traceOf } from "./trace.ts";

const id = z.string().regex(/^[\w.:-]{1,128}$/, "1 to 128 letters, digits, dots, colons, hyphens or underscores");

export const chatRequest = z
  .strictObject({
    text: z.string().max(maxText, `at most ${maxText} characters; say it in fewer words, or in several messages`),
    conversation: id.optional(),
    message: id.optional(),
    attachments: z
      .array(z.string().max(100))
      .max(maxAttachments, `at most ${maxAttachments} files; send the rest in another message`)
      .optional(),
    branch: z.array(id).max(2000, "at most 2000 messages").optional(),
    delivery: deliveryWish
      .optional()
      .describe(
        "The result of each job of this turn is owed to its message from the commit that accepts the job, and leased to the caller; the job's first part says the delivery's id.",
      ),
  })
  .refine((body) => body.text.trim() !== "" || body.attachments?.length, { path: ["text"], error: "say what you want, or attach a file" });

async function* asEvents(parts: AsyncIterable<Part>): AsyncGenerator<ServerEvent> {
  for await (const part of parts) yield { event: part.type, data: part };
}

export function chatRoutes(app: Hono<Env>, { studio, agent, log }: AppParts): void {
  app.post("/v1/chat", async (c) => {
    const body = parseWith(chatRequest, await readJson(c));
    const principal = c.get("principal");
    const attachments = body.attachments ?? [];
    // before the stream begins, while the status can still tell
    for (const attachment of attachments) await studio.artifact(principal, attachment);
    const request = {
      principal,
      conversation: body.conversation ?? newId("conv"),
      message: body.message ?? newId("msg"),
      text: body.text,
      attachments,
      ...(body.branch ? { branch: body.branch } : {}),
      ...(body.delivery ? { delivery: wishOf(body.delivery) } : {}),
      ...traceOf(c),
    };
    return eventStream(c, log, (signal) => asEvents(converse({ studio, agent }, request, signal)));
  });
}
