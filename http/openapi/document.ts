/** OpenAPI 3.1 made from the route table and the tools' zod schemas: nothing is described twice. */
import { z } from "zod";
import type { JsonObject } from "../../core/json.ts";
import { scopeOfTool } from "../../core/scope.ts";
import type { Tool } from "../../core/tool.ts";
import { toolView } from "../../core/tool-view.ts";
import type { Route } from "../routes.ts";
import { type Answer, type Operation, operations } from "./operations.ts";
import { components } from "./schemas.ts";

const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });
const pascal = (words: string) =>
  words
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
const inputName = (tool: Tool) => `${pascal(tool.name)}Input`;

type Schemas = Record<string, JsonObject>;

/** The schema by its name, and what it refers to beside it: a reference inside one schema means nothing in the whole document. */
function named(name: string, schema: JsonObject): Schemas {
  const { $schema: _dialect, $defs = {}, ...own } = schema;
  const parts = Object.entries($defs as Schemas).map(([part, inner]): [string, JsonObject] => [`${name}.${part}`, inner]);
  const text = JSON.stringify(Object.fromEntries([[name, own], ...parts]));
  return JSON.parse(text.replaceAll('"#/$defs/', `"#/components/schemas/${name}.`)) as Schemas;
}

function answerOf({ about, content }: Answer): JsonObject {
  if (!content) return { description: about };
  const media = Object.entries(content).map(([type, name]) => [type, name === undefined ? {} : { schema: ref(name) }]);
  return { description: about, content: Object.fromEntries(media) };
}

const operationName = (method: string, path: string) => `${method.toLowerCase()}${pascal(path)}`;
const bodyName = (method: string, path: string) => `${pascal(operationName(method, path))}Body`;
const jsonBody = (name: string): JsonObject => ({ required: true, content: { "application/json": { schema: ref(name) } } });

function bodyOf(body: NonNullable<Operation["body"]>, name: string): JsonObject {
  return "binary" in body ? { required: true, content: Object.fromEntries(body.binary.map((type) => [type, {}])) } : jsonBody(name);
}

const idempotencyKey: JsonObject = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "1 to 128 printable characters; the same key again is the same request.",
  schema: { type: "string", minLength: 1, maxLength: 128 },
};

function operationOf(method: string, { path, about, scope }: Pick<Route, "path" | "about" | "scope">, known: Operation): JsonObject {
  const { answers = { 200: { about: "It worked." } }, query = [], body, key = false, errors = "Error" } = known;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const parameters = [...inPath, ...query, ...(key ? [idempotencyKey] : [])];
  const failed = {
    description: "What went wrong, in words, and what to do next.",
    content: { "application/json": { schema: ref(errors) } },
  };
  return {
    operationId: operationName(method, path),
    summary: about,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: bodyOf(body, bodyName(method, path)) } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
      default: failed,
    },
    security: scope === "none" ? [] : [{ key: scope === "tool" ? [] : [scope] }],
  };
}

/** Beside `POST /v1/tools/:name`: each tool by its own name, with its own input. */
function toolPaths(tools: readonly Tool[]): [string, JsonObject][] {
  return tools.map((tool) => {
    const status = tool.kind === "job" ? "202" : "200";
    const known: Operation = {
      key: true,
      answers: { [status]: { about: "What came of it.", content: { "application/json": "Invoked" } } },
    };
    const base = operationOf("POST", { path: `/v1/tools/${tool.name}`, about: tool.title, scope: scopeOfTool(tool) }, known);
    const requestBody = jsonBody(inputName(tool));
    return [`/v1/tools/${tool.name}`, { post: { ...base, operationId: tool.name, description: tool.description, requestBody } }];
  });
}

function schemasOf(routes: readonly Route[], tools: readonly Tool[]): Schemas[] {
  const sent = Object.entries(components).map(([name, schema]) => named(name, z.toJSONSchema(schema) as JsonObject));
  const bodies = routes.map(({ method, path }) => {
    const { body } = operations[`${method} ${path}`] ?? {};
    return body && !("binary" in body) ? named(bodyName(method, path), z.toJSONSchema(body, { io: "input" }) as JsonObject) : {};
  });
  return [...sent, ...bodies, ...tools.map((tool) => named(inputName(tool), toolView(tool).input_schema))];
}

export function openapiDocument(routes: readonly Route[], tools: readonly Tool[], version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const { method, path } = route;
    const methods = method === "ALL" ? ["GET", "POST", "DELETE"] : [method];
    const item = paths[path.replace(/:(\w+)/g, "{$1}")] ?? {};
    for (const each of methods) item[each.toLowerCase()] = operationOf(each, route, operations[`${method} ${path}`] ?? {});
    paths[path.replace(/:(\w+)/g, "{$1}")] = item;
  }
  const schemas = Object.assign({}, ...schemasOf(routes, tools)) as Schemas;
  return {
    openapi: "3.1.1",
    info: { title: "MySpinBot", version, description: "A studio you talk to: jobs that render, and their files." },
    servers: [{ url: "/" }],
    paths: { ...paths, ...Object.fromEntries(toolPaths(tools)) },
    components: { securitySchemes: { key: { type: "http", scheme: "bearer" } }, schemas },
  };
}
