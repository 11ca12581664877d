/** Access keys over HTTP, for administrators: make, list, revoke. */
import type { Hono } from "hono";
import { z } from "zod";
import type { AccessKeyView } from "../core/client.ts";
import type { AccessKey } from "../core/ports/access.ts";
import { localPrincipal } from "../core/principal.ts";
import { scopes } from "../core/scope.ts";
import { parseWith, readJson } from "./body.ts";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";

export const wish = z.strictObject({
  name: z
    .string()
    .trim()
    .regex(/^[^\p{Cc}\p{Surrogate}]{1,100}$/u, "1 to 100 characters: what the key is for")
    .default("unnamed"),
  scopes: z
    .array(z.enum(scopes, { error: `one of ${scopes.join(", ")}` }))
    .min(1, `at least one of ${scopes.join(", ")}`)
    .default(["jobs:read", "jobs:write"]),
  principal: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "1 to 200 printable characters without spaces: whose the jobs and files are")
    .default(localPrincipal.id),
});

function keyView(key: AccessKey): AccessKeyView {
  const { id, name, principal, scopes: held, createdAt, lastUsedAt, revokedAt } = key;
  return {
    ...{ id, name, principal, scopes: held, created_at: createdAt.toISOString() },
    ...(lastUsedAt ? { last_used_at: lastUsedAt.toISOString() } : {}),
    ...(revokedAt ? { revoked_at: revokedAt.toISOString() } : {}),
  };
}

export function keyRoutes(app: Hono<Env>, { keys }: AppParts): void {
  app.post("/v1/keys", async (c) => {
    const { key, secret } = await keys.create(parseWith(wish, await readJson(c)));
    return c.json({ key: keyView(key), secret }, 201);
  });
  app.get("/v1/keys", async (c) => c.json({ keys: (await keys.list()).map(keyView) }));
  app.delete("/v1/keys/:id", async (c) => c.json({ key: keyView(await keys.revoke(c.req.param("id"))) }));
}
