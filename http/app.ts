/** The HTTP API: checks who asks, hands each route to the studio, and turns every error into JSON. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { routePath } from "hono/route";
import { Failure, toFailure } from "../core/failure.ts";
import { guard, needs } from "./access.ts";
import { approvalPage } from "./approval-page/routes.ts";
import { approvalRoutes } from "./approval-routes.ts";
import { chatRoutes } from "./chat-routes.ts";
import { deliveryRoutes } from "./delivery-routes.ts";
import type { Env } from "./env.ts";
import { failureResponse, HttpFailure } from "./failures.ts";
import { fileRoutes } from "./file-routes.ts";
import { jobRoutes } from "./job-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { limitRoutes } from "./limit-routes.ts";
import { mcpRoute } from "./mcp-route.ts";
import { challenged } from "./oauth-challenge.ts";
import { resourceRoutes } from "./oauth-resource.ts";
import { isOpenaiPath, openaiResponse } from "./openai/errors.ts";
import { openaiRoutes } from "./openai/routes.ts";
import { openapiRoute } from "./openapi/route.ts";
import type { AppParts } from "./parts.ts";
import { routes } from "./routes.ts";
import { serviceRoutes } from "./service-routes.ts";
import { toolRoutes } from "./tool-routes.ts";
import { traceOf } from "./trace.ts";

const known: ReadonlySet<string> = new Set(routes.map((route) => route.path));

/** Measures and logs by the route's pattern: a path holds ids, a query may hold more. */
function measured({ metrics, log }: AppParts): MiddlewareHandler<Env> {
  return async (c, next) => {
    const begun = performance.now();
    await next();
    const path = routePath(c, -1);
    const route = known.has(path) ? path : "unmatched";
    const seconds = (performance.now() - begun) / 1000;
    metrics.request(c.req.method, route, c.res.status, seconds);
    log.debug({ method: c.req.method, route, status: c.res.status, ms: Math.round(seconds * 1000), ...traceOf(c) }, "request");
  };
}

/** Each way in has its own shape of an error. */
function answerTo(c: Context, failure: Failure): Response {
  return isOpenaiPath(c.req.path) ? openaiResponse(failure) : failureResponse(failure);
}

export function createApp(parts: AppParts): Hono<Env> {
  const { log, mcp } = parts;
  const app = new Hono<Env>();

  app.onError((error, c) => {
    const failure = toFailure(error);
    if (failure.code === "internal" && !c.req.raw.signal.aborted)
      log.error({ err: failure.cause ?? failure, method: c.req.method, route: routePath(c, -1) }, "a request failed");
    return answerTo(c, challenged(c, failure, parts.access.resource));
  });
  app.notFound((c) =>
    failureResponse(
      new Failure("unknown_route", `There is no ${c.req.path.slice(0, 100)}. The API begins at /v1; GET /v1/tools lists the tools.`),
    ),
  );

  app.use(measured(parts));
  app.use(guard(parts.access, parts.local ?? false));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        answerTo(
          c,
          new HttpFailure(405, "unknown_route", `${c.req.method} does not work here. Use ${methods.join(" or ")}.`, {
            allow: methods.join(", "),
          }),
        ),
    }),
  );
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has("x-content-type-options")) c.res.headers.set("x-content-type-options", "nosniff");
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  });

  for (const { method, path, scope } of routes) {
    if (scope === "none" || scope === "tool" || (path === "/mcp" && !mcp)) continue;
    if (method === "ALL") app.all(path, needs(scope));
    else app.on(method, path, needs(scope));
  }
  serviceRoutes(app, parts);
  keyRoutes(app, parts);
  chatRoutes(app, parts);
  limitRoutes(app, parts);
  openaiRoutes(app, parts);
  openapiRoute(app, parts);
  toolRoutes(app, parts);
  jobRoutes(app, parts);
  deliveryRoutes(app, parts);
  approvalRoutes(app, parts);
  approvalPage(app, parts);
  fileRoutes(app, parts);
  resourceRoutes(app, parts.access.resource);
  mcpRoute(app, parts);
  return app;
}
