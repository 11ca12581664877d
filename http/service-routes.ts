/** What operators ask: alive, ready, status, metrics. */
import type { Hono } from "hono";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";
import { askAgainSeconds, whyNotReady } from "./readiness.ts";

export function serviceRoutes(app: Hono<Env>, { ready, status, metrics, log }: AppParts): void {
  app.get("/healthz", (c) => c.json({ status: "ok", name: "myspinbot" }));

  app.get("/readyz", async (c) => {
    const why = await whyNotReady(ready, (error) => log.warn({ err: error }, "not ready"));
    return why ? c.json({ error: why }, 503, { "retry-after": askAgainSeconds }) : c.json({ status: "ready" });
  });

  app.get("/v1/status", async (c) => c.json(await status()));

  app.get("/metrics", async (c) => {
    const { contentType, body } = await metrics.text();
    return c.body(body, 200, { "content-type": contentType });
  });
}
