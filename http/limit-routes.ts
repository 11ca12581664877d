/** What may be sent, so that a client can refuse in words before it sends anything. */
import type { Hono } from "hono";
import { maxAttachments, maxText, pictureLimit } from "../core/limits.ts";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";

export function limitRoutes(app: Hono<Env>, { limits }: AppParts): void {
  app.get("/v1/limits", (c) =>
    c.json({ file_bytes: limits.maxUpload, picture_bytes: pictureLimit(limits), attachments: maxAttachments, text_characters: maxText }),
  );
}
