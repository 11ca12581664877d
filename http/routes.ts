/** Every route there is, in one list: docs and tests are made from it, and a wrong method is told from an unknown path by it. */
import type { Scope } from "../core/scope.ts";

export interface Route {
  method: "GET" | "POST" | "DELETE" | "ALL";
  path: string;
  /** What whoever asks must be allowed. `none`: for probes, which have no key. `tool`: what the called tool asks for, see `scopeOfTool`. */
  scope: Scope | "none" | "tool";
  about: string;
}

export const routes = [
  {
    method: "POST",
    path: "/v1/chat",
    scope: "jobs:write",
    about: "One chat turn: its parts as server-sent events, until all its jobs are done. Closing it ends no job.",
  },
  {
    method: "POST",
    path: "/v1/chat/completions",
    scope: "jobs:write",
    about: "The same for OpenAI clients: chunks as server-sent events with stream, else one answer at the end.",
  },
  { method: "GET", path: "/v1/limits", scope: "jobs:read", about: "How large a file, a picture and a chat message may be." },
  { method: "GET", path: "/v1/models", scope: "jobs:read", about: "The one model that OpenAI clients ask for: myspinbot." },
  { method: "GET", path: "/v1/models/:model", scope: "jobs:read", about: "That model." },
  { method: "GET", path: "/v1/tools", scope: "jobs:read", about: "Every tool with the JSON Schema of its input." },
  {
    method: "POST",
    path: "/v1/tools/:name",
    scope: "tool",
    about: "Calls a tool: 202 with a job, or 200 with the answer; progress first with Accept: text/event-stream.",
  },
  {
    method: "POST",
    path: "/v1/jobs",
    scope: "jobs:write",
    about: "Submits a job: {tool, input}. Idempotency-Key makes a repeat harmless.",
  },
  { method: "GET", path: "/v1/jobs", scope: "jobs:read", about: "Jobs, newest first: ?state= &tool= &conversation= &limit= &before=" },
  { method: "GET", path: "/v1/jobs/:id", scope: "jobs:read", about: "One job, with its place in line and when it will be done." },
  {
    method: "GET",
    path: "/v1/jobs/:id/events",
    scope: "jobs:read",
    about: "Its events as server-sent events, after Last-Event-ID (or ?after=); `end` comes last.",
  },
  { method: "POST", path: "/v1/jobs/:id/cancel", scope: "jobs:write", about: "Cancels this job and no other." },
  { method: "POST", path: "/v1/jobs/:id/retry", scope: "jobs:write", about: "Starts a failed or canceled job again." },
  {
    method: "POST",
    path: "/v1/files",
    scope: "jobs:write",
    about: "Uploads a picture, audio, a video, a ZIP archive or model weights: the raw bytes with ?name=, or a form with one file.",
  },
  {
    method: "GET",
    path: "/v1/files",
    scope: "jobs:read",
    about: "Files that were made or uploaded, newest first: ?sha256= those with these bytes, &limit=",
  },
  {
    method: "POST",
    path: "/v1/files/:id/link",
    scope: "jobs:read",
    about:
      "A link that opens this file without a key, by GET and for 15 minutes (the plain path where no key is asked for); ?strip=1: without recipe and other metadata.",
  },
  { method: "GET", path: "/v1/files/:id", scope: "jobs:read", about: "What is known of a file." },
  { method: "GET", path: "/v1/files/:id/thumbnail", scope: "jobs:read", about: "A small WebP of a picture." },
  {
    method: "GET",
    path: "/v1/files/:id/:name",
    scope: "jobs:read",
    about:
      "The file, with ETag and Range; ?strip=1 without recipe and other metadata, ?download=1 as an attachment. A signed link needs no key.",
  },
  {
    method: "GET",
    path: "/v1/approvals",
    scope: "jobs:read",
    about: "Questions to a person, newest first: ?open=1 &limit=",
  },
  { method: "GET", path: "/v1/approvals/:id", scope: "jobs:read", about: "One question, with everything that would run." },
  {
    method: "POST",
    path: "/v1/approvals/:id",
    scope: "jobs:write",
    about: "What the person said: {answer: yes|no, how, values}. The same answer again changes nothing; 409 for another one.",
  },
  { method: "GET", path: "/approve/:id", scope: "none", about: "The page of one question, for a browser, by its own link." },
  {
    method: "POST",
    path: "/approve/:id",
    scope: "none",
    about: "Its form. Only from the page, with the person's access key where there are any.",
  },
  { method: "GET", path: "/openapi.json", scope: "jobs:read", about: "This API as OpenAPI 3.1." },
  {
    method: "POST",
    path: "/v1/deliveries",
    scope: "jobs:write",
    about: "Owes the result of {job} to a chat's {message} ({conversation, target}), under a lease; a repeat finds the same one.",
  },
  { method: "GET", path: "/v1/deliveries", scope: "jobs:read", about: "Deliveries, newest first: ?state=pending|delivered|dead &limit=" },
  {
    method: "POST",
    path: "/v1/deliveries/claim",
    scope: "jobs:write",
    about: "Leases those of finished jobs to {worker}, oldest first, at most {limit}; waits up to {wait_seconds} for one.",
  },
  { method: "GET", path: "/v1/deliveries/:id", scope: "jobs:read", about: "One delivery." },
  {
    method: "POST",
    path: "/v1/deliveries/:id/renew",
    scope: "jobs:write",
    about: "Keeps the lease for {lease_seconds} more; 409 when it is lost.",
  },
  {
    method: "POST",
    path: "/v1/deliveries/:id/ack",
    scope: "jobs:write",
    about: "It has arrived; {result} is kept with it. Again changes nothing.",
  },
  {
    method: "POST",
    path: "/v1/deliveries/:id/fail",
    scope: "jobs:write",
    about: "It has not arrived, because of {error}: again later, dead after 12 times.",
  },
  { method: "POST", path: "/v1/deliveries/:id/redeliver", scope: "jobs:write", about: "Owed again, also when it was delivered or dead." },
  {
    method: "POST",
    path: "/v1/keys",
    scope: "admin",
    about: "Makes an access key: {name, scopes, principal}. The secret is shown this once.",
  },
  { method: "GET", path: "/v1/keys", scope: "admin", about: "Access keys, newest first, with scopes, principal and last use." },
  { method: "DELETE", path: "/v1/keys/:id", scope: "admin", about: "Revokes an access key, at once." },
  { method: "GET", path: "/v1/status", scope: "admin", about: "What was found at start-up and how it is now." },
  { method: "GET", path: "/healthz", scope: "none", about: "200 while the process lives." },
  { method: "GET", path: "/readyz", scope: "none", about: "200 when work can be accepted, else 503 with the reason." },
  { method: "GET", path: "/metrics", scope: "admin", about: "Metrics for Prometheus." },
  {
    method: "GET",
    path: "/.well-known/oauth-protected-resource",
    scope: "none",
    about: "Who gives tokens for this studio (RFC 9728); 404 without an identity provider.",
  },
  { method: "GET", path: "/.well-known/oauth-protected-resource/mcp", scope: "none", about: "The same, where clients of MCP look first." },
  { method: "ALL", path: "/mcp", scope: "jobs:read", about: "The Model Context Protocol over HTTP." },
] as const satisfies readonly Route[];
