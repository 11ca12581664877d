/** The document says all there is, and nothing it says is left hanging. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { toolView } from "../../core/tool-view.ts";
import { artifactView, jobView } from "../../core/view.ts";
import { createTools } from "../../tools/index.ts";
import { createApp } from "../app.ts";
import { routes } from "../routes.ts";
import { testParts } from "../testing/app-parts.ts";
import { fakeStudio } from "../testing/fake-studio.ts";
import { openapiDocument } from "./document.ts";
import { operations } from "./operations.ts";
import { failure, file, job } from "./schemas.ts";

const tools = createTools();
const document = JSON.parse(JSON.stringify(openapiDocument(routes, tools, "1.2.3")));

/** What an OpenAPI 3.1 document must look like, as far as we use it: unknown fields are refused, so that a slip is seen. */
const schemaObject = z.union([z.boolean(), z.record(z.string(), z.unknown())]);
const media = z.record(z.string().regex(/^[\w*.+-]+\/[\w*.+-]+$/), z.strictObject({ schema: schemaObject.optional() }));
const response = z.strictObject({ description: z.string().min(1), content: media.optional() });
const operation = z.strictObject({
  operationId: z.string().regex(/^\w+$/),
  summary: z.string().min(1),
  description: z.string().optional(),
  parameters: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        in: z.enum(["query", "header", "path", "cookie"]),
        required: z.boolean(),
        description: z.string().optional(),
        schema: schemaObject,
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.boolean(), content: media }).optional(),
  responses: z.record(z.string().regex(/^([1-5]\d\d|default)$/), response),
  security: z.array(z.record(z.string(), z.array(z.string()))),
});
const openapi = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  servers: z.array(z.strictObject({ url: z.string() })),
  paths: z.record(z.string().startsWith("/"), z.partialRecord(z.enum(["get", "post", "put", "delete", "patch", "head"]), operation)),
  components: z.strictObject({
    securitySchemes: z.strictObject({ key: z.strictObject({ type: z.literal("http"), scheme: z.literal("bearer") }) }),
    schemas: z.record(z.string().regex(/^[\w.-]+$/), schemaObject),
  }),
});

type Operation = z.output<typeof operation>;
const parsed = openapi.parse(document);
const all: [path: string, method: string, operation: Operation][] = Object.entries(parsed.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, one]): [string, string, Operation] => [path, method, one]),
);

function refs(value: unknown, found: string[] = []): string[] {
  if (Array.isArray(value)) for (const entry of value) refs(entry, found);
  else if (value && typeof value === "object")
    for (const [name, entry] of Object.entries(value)) {
      if (name === "$ref") found.push(String(entry));
      else refs(entry, found);
    }
  return found;
}

describe("the OpenAPI document", () => {
  it("has every route of the table, with its words", () => {
    for (const { method, path, about } of routes) {
      const item = parsed.paths[path.replace(/:(\w+)/g, "{$1}")] as Record<string, Operation> | undefined;
      const methods = (method as string) === "ALL" ? ["get", "post", "delete"] : [method.toLowerCase()];
      for (const each of methods) expect(item?.[each]?.summary, `${each} ${path}`).toBe(about);
    }
  });

  it("describes no route that is not there", () => {
    const known = new Set(routes.map(({ method, path }) => `${method} ${path}`));
    expect(Object.keys(operations).filter((name) => !known.has(name as never))).toEqual([]);
  });

  it("has each tool by its own name, with the schema that the tool list shows", () => {
    for (const tool of tools) {
      const post = parsed.paths[`/v1/tools/${tool.name}`]?.post;
      expect(post?.description).toBe(tool.description);
      const [name] = refs(post?.requestBody);
      expect(parsed.components.schemas[name?.split("/").at(-1) ?? ""]).toEqual(JSON.parse(JSON.stringify(toolView(tool).input_schema)));
    }
  });

  it("resolves every reference", () => {
    const found = refs(document);
    expect(found.length).toBeGreaterThan(20);
    for (const ref of found) {
      const name = /^#\/components\/schemas\/([\w.]+)$/.exec(ref)?.[1] ?? ref;
      expect(Object.keys(parsed.components.schemas)).toContain(name);
    }
  });

  it("describes every body", () => {
    const without = all.filter(([, method, one]) => method === "post" && !one.requestBody).map(([path]) => path);
    expect(without).toEqual(expect.arrayContaining(["/v1/jobs/{id}/cancel", "/v1/jobs/{id}/retry", "/mcp"]));
    expect(without.filter((path) => !/\/(cancel|retry|redeliver|link)$|^\/mcp$/.test(path))).toEqual([]);
  });

  it("names every operation once, and every parameter of a path in it", () => {
    expect(new Set(all.map(([, , one]) => one.operationId)).size).toBe(all.length);
    for (const [path, method, one] of all) {
      const inPath = (one.parameters ?? []).filter((parameter) => parameter.in === "path").map(({ name }) => name);
      expect(inPath, `${method} ${path}`).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    }
  });

  it("says which answers are errors, in which shape", () => {
    for (const [path, , one] of all) {
      const shape = /^\/v1\/(chat\/completions|models)/.test(path) ? "OpenAIError" : "Error";
      expect(refs(one.responses["default"])).toEqual([`#/components/schemas/${shape}`]);
    }
  });

  it("needs a key for all but the probes", () => {
    const open = all.filter(([, , one]) => one.security.length === 0).map(([path]) => path);
    expect(open).toEqual(routes.filter(({ scope }) => scope === "none").map(({ path }) => path.replace(/:(\w+)/g, "{$1}")));
  });

  it("is served", async () => {
    const response = await createApp(testParts()).request("/openapi.json");
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(openapi.parse(await response.json()).paths).toHaveProperty("/v1/tools/render_image");
  });
});

describe("the schemas of what is sent", () => {
  it("fit a job with all its fields, and no field is missing in them", () => {
    const studio = fakeStudio();
    const made = studio.make("running", {
      progress: { stage: "sampling", fraction: 0.5, step: 1, steps: 2, note: "x" },
      startedAt: new Date(0),
    });
    studio.publish(made.id, Buffer.from("x"));
    studio.move(made.id, "failed");
    const whole = { ...studio.jobs.get(made.id), origin: { conversation: "c", message: "m", ordinal: 0 }, parent: "job_1" };
    const view = JSON.parse(JSON.stringify(jobView(whole as never, { position: 1, seconds: [1, 2] })));
    expect(job.strict().parse(view)).toEqual(view);
  });
  it("fit a file and a failure", () => {
    const view = JSON.parse(JSON.stringify(artifactView(fakeStudio().addFile(Buffer.from("x"), { width: 1, height: 2 }))));
    expect(file.strict().parse(view)).toEqual(view);
    const wrong = { code: "invalid_input", message: "no", retryable: false, fields: [{ path: "a", message: "b" }] };
    expect(failure.strict().parse(wrong)).toEqual(wrong);
  });
});
