/** What each route takes and gives, beside what the route table says. A route that is not named here is still in the document, with its words and its path. */
import { z } from "zod";
import { deliveryStates } from "../../core/delivery.ts";
import { jobStates } from "../../core/job.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { approvalAnswer } from "../approval-routes.ts";
import { chatRequest } from "../chat-routes.ts";
import { deliverySchemas } from "../delivery-routes.ts";
import { submission } from "../job-routes.ts";
import { wish as keyWish } from "../key-routes.ts";
import { completionRequest } from "../openai/request.ts";

export interface Operation {
  /** What comes back when all is well; 200 with JSON of any kind where nothing is said. */
  answers?: Record<string, Answer>;
  body?: z.ZodType | { binary: string[] };
  query?: JsonObject[];
  /** Takes Idempotency-Key. */
  key?: boolean;
  /** Name of the errors' schema. Default `Error`. */
  errors?: string;
}

export interface Answer {
  about: string;
  /** Media type → schema name in the components, or undefined for what has no JSON. */
  content?: Record<string, string | undefined>;
}

const json = (about: string, schema?: string): Answer => ({ about, content: { "application/json": schema } });
const bytes = (about: string, ...types: string[]): Answer => ({
  about,
  content: Object.fromEntries(types.map((type) => [type, undefined])),
});
const query = (name: string, schema: Json, description = ""): JsonObject => ({
  name,
  in: "query",
  required: false,
  schema,
  ...(description ? { description } : {}),
});
const text = { type: "string" };
const stream = "text/event-stream";
const strip = query(
  "strip",
  { type: "string", enum: ["1", "true"] },
  "Without recipe and other metadata; the mark of generated content stays.",
);
const oneDelivery = { answers: { 200: json("The delivery.", "Delivery") } };
const oneJob = { answers: { 200: json("The job.", "Job") } };

export const operations: Record<string, Operation> = {
  "POST /v1/chat": { body: chatRequest, answers: { 200: bytes("The parts of the turn.", stream) } },
  "POST /v1/chat/completions": {
    body: completionRequest,
    key: true,
    errors: "OpenAIError",
    answers: { 200: { about: "The answer, or its chunks.", content: { "application/json": "ChatCompletion", [stream]: undefined } } },
  },
  "GET /v1/models": { errors: "OpenAIError", answers: { 200: json("The list.", "Models") } },
  "GET /v1/models/:model": { errors: "OpenAIError", answers: { 200: json("The model.", "Model") } },
  "GET /v1/tools": { answers: { 200: json("The catalogue.", "Tools") } },
  "POST /v1/tools/:name": {
    body: z.looseObject({}),
    key: true,
    answers: { 200: json("The answer of a tool that makes no job.", "Invoked"), 202: json("The accepted job.", "Invoked") },
  },
  "POST /v1/jobs": { body: submission, key: true, answers: { 202: json("The accepted job.", "Job") } },
  "GET /v1/jobs": {
    query: [
      query("state", { type: "array", items: { type: "string", enum: [...jobStates] } }),
      query("tool", text),
      query("conversation", text),
      query("limit", { type: "integer", minimum: 1, maximum: 200, default: 20 }),
      query("before", text, "Only jobs created before this one."),
    ],
    answers: { 200: json("The jobs.", "Jobs") },
  },
  "GET /v1/jobs/:id": oneJob,
  "GET /v1/jobs/:id/events": {
    query: [query("after", { type: "integer", minimum: 0 }, "Number of the last event that is known.")],
    answers: { 200: bytes("The events.", stream), 204: { about: "The job is done and there is nothing more." } },
  },
  "POST /v1/jobs/:id/cancel": oneJob,
  "POST /v1/jobs/:id/retry": oneJob,
  "POST /v1/files": {
    query: [query("name", text)],
    body: { binary: ["application/octet-stream", "multipart/form-data"] },
    answers: { 201: json("The file.", "File") },
  },
  "GET /v1/files": {
    query: [
      query("sha256", { type: "string", pattern: "^[0-9a-f]{64}$" }, "Only files with these bytes."),
      query("limit", { type: "integer", minimum: 1, maximum: 200, default: 50 }),
    ],
    answers: { 200: json("The files.", "Files") },
  },
  "GET /v1/limits": { answers: { 200: json("The limits.", "Limits") } },
  "GET /v1/files/:id": { answers: { 200: json("The file's facts.", "File") } },
  "GET /v1/files/:id/thumbnail": { answers: { 200: bytes("The thumbnail.", "image/webp") } },
  "GET /v1/files/:id/:name": {
    query: [strip, query("download", { type: "string", enum: ["1"] })],
    answers: { 200: bytes("The bytes.", "*/*"), 206: bytes("The asked range.", "*/*") },
  },
  "POST /v1/files/:id/link": { query: [strip], answers: { 201: json("The link.", "Link") } },
  "POST /v1/deliveries": {
    body: deliverySchemas.creation,
    answers: { 200: json("It was announced before.", "Delivery"), 201: json("It is announced.", "Delivery") },
  },
  "GET /v1/deliveries": {
    query: [
      query("state", { type: "string", enum: [...deliveryStates] }),
      query("limit", { type: "integer", minimum: 1, maximum: 200, default: 50 }),
    ],
    answers: { 200: json("The deliveries.", "Deliveries") },
  },
  "POST /v1/deliveries/claim": { body: deliverySchemas.claim, answers: { 200: json("What was leased.", "Claimed") } },
  "GET /v1/deliveries/:id": oneDelivery,
  "POST /v1/deliveries/:id/renew": { ...oneDelivery, body: deliverySchemas.renewal },
  "POST /v1/deliveries/:id/ack": { ...oneDelivery, body: deliverySchemas.acknowledgement },
  "POST /v1/deliveries/:id/fail": { ...oneDelivery, body: deliverySchemas.failed },
  "POST /v1/deliveries/:id/redeliver": oneDelivery,
  "GET /v1/approvals": {
    query: [
      query("open", { type: "string", enum: ["1", "true"] }, "Only those that wait for an answer."),
      query("limit", { type: "integer", minimum: 1, maximum: 200, default: 50 }),
    ],
    answers: { 200: json("The questions.", "Approvals") },
  },
  "GET /v1/approvals/:id": { answers: { 200: json("The question.", "Approval") } },
  "POST /v1/approvals/:id": { body: approvalAnswer, answers: { 200: json("The question, answered.", "Approval") } },
  "GET /approve/:id": { query: [query("t", text, "As the link has it.")], answers: { 200: bytes("The page.", "text/html") } },
  "POST /approve/:id": {
    query: [query("t", text, "As the link has it.")],
    body: { binary: ["application/x-www-form-urlencoded"] },
    answers: { 303: { about: "Answered: back to the page." } },
  },
  "POST /v1/keys": { body: keyWish, answers: { 201: json("The key and its secret.", "NewKey") } },
  "GET /v1/keys": { answers: { 200: json("The keys, without their secrets.", "Keys") } },
  "DELETE /v1/keys/:id": { answers: { 200: json("The key.", "Key") } },
  "GET /v1/status": { answers: { 200: json("The table.", "Status") } },
  "GET /metrics": { answers: { 200: bytes("The metrics.", "text/plain") } },
};
