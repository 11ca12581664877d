/** Every route there is, in one list: docs and tests are made from it, and a wrong method is told from an unknown path by it. */
export interface Route {
  method: "GET" | "POST" | "ALL";
  path: string;
  about: string;
}

export const routes = [
  {
    method: "POST",
    path: "/v1/chat",
    about: "One chat turn: its parts as server-sent events, until all its jobs are done. Closing it ends no job.",
  },
  { method: "GET", path: "/v1/tools", about: "Every tool with the JSON Schema of its input." },
  {
    method: "POST",
    path: "/v1/tools/:name",
    about: "Calls a tool: 202 with a job, or 200 with the answer; progress first with Accept: text/event-stream.",
  },
  { method: "POST", path: "/v1/jobs", about: "Submits a job: {tool, input}. Idempotency-Key makes a repeat harmless." },
  { method: "GET", path: "/v1/jobs", about: "Jobs, newest first: ?state= &tool= &conversation= &limit= &before=" },
  { method: "GET", path: "/v1/jobs/:id", about: "One job, with its place in line and when it will be done." },
  {
    method: "GET",
    path: "/v1/jobs/:id/events",
    about: "Its events as server-sent events, after Last-Event-ID (or ?after=); `end` comes last.",
  },
  { method: "POST", path: "/v1/jobs/:id/cancel", about: "Cancels this job and no other." },
  { method: "POST", path: "/v1/jobs/:id/retry", about: "Starts a failed or canceled job again." },
  { method: "POST", path: "/v1/files", about: "Uploads a picture: the raw bytes with ?name=, or a form with one file." },
  { method: "GET", path: "/v1/files/:id", about: "What is known of a file." },
  { method: "GET", path: "/v1/files/:id/thumbnail", about: "A small WebP of a picture." },
  {
    method: "GET",
    path: "/v1/files/:id/:name",
    about: "The file, with ETag and Range; ?strip=1 without recipe and other metadata, ?download=1 as an attachment.",
  },
  { method: "GET", path: "/v1/status", about: "What was found at start-up and how it is now." },
  { method: "GET", path: "/healthz", about: "200 while the process lives." },
  { method: "GET", path: "/readyz", about: "200 when work can be accepted, else 503 with the reason." },
  { method: "GET", path: "/metrics", about: "Metrics for Prometheus." },
  { method: "ALL", path: "/mcp", about: "The Model Context Protocol over HTTP." },
] as const satisfies readonly Route[];
