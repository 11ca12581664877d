/** What operators ask: alive, ready, status, metrics. */
import type { Hono } from "hono";
import { Failure } from "../core/failure.ts";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";

const readyMs = 5_000;

async function atMost<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure("timeout", `No answer within ${ms / 1000} s.`, { retryable: true })), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export function serviceRoutes(app: Hono<Env>, { ready, status, metrics, log }: AppParts): void {
  app.get("/healthz", (c) => c.json({ status: "ok", name: "myspinbot" }));

  app.get("/readyz", async (c) => {
    try {
      await atMost(readyMs, ready());
      return c.json({ status: "ready" });
    } catch (error) {
      const view = error instanceof Failure ? error.view() : new Failure("internal", "Not ready; the server log has the reason.").view();
      log.warn({ err: error }, "not ready");
      return c.json({ error: view }, 503, { "retry-after": "5" });
    }
  });

  app.get("/v1/status", async (c) => c.json(await status()));

  app.get("/metrics", async (c) => {
    const { contentType, body } = await metrics.text();
    return c.body(body, 200, { "content-type": contentType });
  });
}
