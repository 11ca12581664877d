/** `GET /openapi.json`. */
import type { Hono } from "hono";
import type { Env } from "../env.ts";
import type { AppParts } from "../parts.ts";
import { routes } from "../routes.ts";
import { openapiDocument } from "./document.ts";

export function openapiRoute(app: Hono<Env>, { studio, version }: AppParts): void {
  let made: string | undefined;
  app.get("/openapi.json", (c) => {
    made ??= JSON.stringify(openapiDocument(routes, studio.tools, version));
    return c.body(made, 200, { "content-type": "application/json" });
  });
}
