/** What each route asks for: the table is the law. */
import { describe, expect, it } from "vitest";
import { requireScope, type Scope, scopeOfTool, scopes } from "../core/scope.ts";
import { createTools } from "../tools/index.ts";
import { routes } from "./routes.ts";
import { callers } from "./testing/callers.ts";

const mcp = { handle: async () => new Response("{}") };
const methodOf = (method: string) => (method === "ALL" ? "POST" : method);

async function withScopes(held: readonly Scope[]) {
  const all = callers({}, { mcp });
  const { secret } = await all.parts.keys.create({ name: "k", principal: "june", scopes: held });
  return (method: string, path: string, body?: object) =>
    all.ask(
      path,
      { ...all.bearer(secret), ...(body ? { "content-type": "application/json" } : {}) },
      {
        method,
        ...(body ? { body: JSON.stringify(body) } : {}),
      },
    );
}

describe("every route of the table", () => {
  const guarded = routes.filter(({ scope }) => scope !== "none" && scope !== "tool");
  it.each(guarded)("$method $path refuses whoever lacks $scope, and names it", async ({ method, path, scope }) => {
    const ask = await withScopes(scopes.filter((one) => one !== scope && one !== "admin"));
    const { status, body } = await ask(methodOf(method), path.replaceAll(":", "x"));
    expect([status, body.error?.code ?? (body.error as { type?: string } | undefined)?.type]).toEqual([403, expect.any(String)]);
    expect(body.error?.message).toContain(scope);
  });
  it.each(guarded)("$method $path lets in who has $scope, and nothing else", async ({ method, path, scope }) => {
    const ask = await withScopes([scope as Scope]);
    expect((await ask(methodOf(method), path.replaceAll(":", "x"))).status).not.toBe(403);
  });
  it.each(routes.filter(({ scope }) => scope !== "none"))("$method $path refuses whoever sends no key", async ({ method, path }) => {
    const { ask } = callers({ keyless: false }, { mcp });
    expect((await ask(path.replaceAll(":", "x"), {}, { method: methodOf(method) })).status).toBe(401);
  });
});

describe("tools", () => {
  it("that only look need jobs:read, those that do something jobs:write, training train, and the card itself admin", () => {
    const asked = Object.fromEntries(createTools().map((tool) => [tool.name, scopeOfTool(tool)]));
    expect(asked).toMatchObject({
      ...{
        render_image: "jobs:write",
        upscale_image: "jobs:write",
        cancel_job: "jobs:write",
        retry_job: "jobs:write",
        reroll_job: "jobs:write",
      },
      ...{ get_job: "jobs:read", list_jobs: "jobs:read", list_models: "jobs:read", wait_for_job: "jobs:read" },
      ...{ list_assets: "jobs:read", rename_asset: "jobs:write", delete_asset: "jobs:write" },
      ...{ make_dataset: "train", edit_dataset: "train", train_lora: "train", steer_training: "train" },
      ...{ pause: "admin", resume: "admin" },
    });
  });
});

it("admin includes everything; a principal of this process may do everything; nobody else may", () => {
  for (const scope of scopes) {
    expect(() => requireScope({ id: "a", scopes: ["admin"] }, scope)).not.toThrow();
    expect(() => requireScope({ id: "a" }, scope)).not.toThrow();
    expect(() => requireScope({ id: "a", scopes: [] }, scope)).toThrow(scope);
  }
});
