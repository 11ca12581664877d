/** Jobs over HTTP: submit, look, follow, cancel, retry. */
import type { Context, Hono } from "hono";
import { z } from "zod";
import { Failure } from "../core/failure.ts";
import { isTerminal, type JobWithArtifacts, jobStates } from "../core/job.ts";
import type { JobFilter } from "../core/ports/job-store.ts";
import { eventView, jobView } from "../core/view.ts";
import { parseWith, readJson } from "./body.ts";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";
import { eventStream, type ServerEvent } from "./sse.ts";
import { callOptions } from "./tool-routes.ts";

export const submission = z.strictObject({ tool: z.string().min(1).max(100), input: z.record(z.string(), z.unknown()).default({}) });

const query = z.strictObject({
  state: z.array(z.enum(jobStates)).optional(),
  tool: z.string().max(100).optional(),
  conversation: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200, "at most 200").optional(),
  before: z.string().max(100).optional(),
});

function filterOf(c: Context): JobFilter {
  const { state, ...rest } = c.req.queries();
  const single = Object.fromEntries(Object.entries(rest).map(([name, values]) => [name, values[0]]));
  const asked = parseWith(query, { ...single, ...(state ? { state: state.flatMap((text) => text.split(",")) } : {}) });
  const { state: states, tool, conversation, limit, before } = asked;
  return {
    ...(states ? { states } : {}),
    ...(tool !== undefined ? { tool } : {}),
    ...(conversation !== undefined ? { conversation } : {}),
    ...(limit !== undefined ? { limit } : {}),
    ...(before !== undefined ? { before } : {}),
  };
}

/** The number after which to replay: the header that EventSource sends, or `?after=`. */
function afterOf(c: Context): number {
  const text = c.req.header("last-event-id") || c.req.query("after") || "0";
  if (!/^\d{1,15}$/.test(text)) throw new Failure("invalid_input", "Last-Event-ID is the number of an event, such as 3.");
  return Number(text);
}

export function jobRoutes(app: Hono<Env>, { studio, log }: AppParts): void {
  const view = async (job: JobWithArtifacts) => jobView(job, await studio.outlook(job).catch(() => ({})));

  app.post("/v1/jobs", async (c) => {
    const { tool: name, input } = parseWith(submission, await readJson(c));
    const tool = studio.tool(name);
    if (tool.kind !== "job")
      throw new Failure("invalid_input", `${tool.name} makes no job; it answers at once. Call it by POST /v1/tools/${tool.name}.`);
    const invoked = await studio.invoke(c.get("principal"), { tool: tool.name, input, ...callOptions(c) });
    if (invoked.kind !== "job") throw new Error(`${tool.name} is a job tool and made no job`);
    return c.json(await view(invoked.job), 202, { location: `/v1/jobs/${invoked.job.id}` });
  });

  app.get("/v1/jobs", async (c) => {
    const jobs = await studio.list(c.get("principal"), filterOf(c));
    return c.json({ jobs: jobs.map((job) => jobView(job)) });
  });

  app.get("/v1/jobs/:id", async (c) => c.json(await view(await studio.get(c.get("principal"), c.req.param("id")))));

  app.get("/v1/jobs/:id/events", async (c) => {
    const principal = c.get("principal");
    const id = c.req.param("id");
    const after = afterOf(c);
    const job = await studio.get(principal, id);
    if (isTerminal(job.state)) {
      // 204 tells a browser's EventSource, which reconnects after every end, that there is nothing more
      const events = studio.watch(principal, id, { after })[Symbol.asyncIterator]();
      const first = await events.next();
      await events.return?.();
      if (first.done) return c.body(null, 204);
    }
    return eventStream(c, log, async function* (signal): AsyncGenerator<ServerEvent> {
      for await (const event of studio.watch(principal, id, { after, signal }))
        yield { event: event.type, data: eventView(event), ...("seq" in event ? { id: event.seq } : {}) };
      if (!signal.aborted) yield { event: "end", data: { job: id } };
    });
  });

  app.post("/v1/jobs/:id/cancel", async (c) => c.json(await view(await studio.cancel(c.get("principal"), c.req.param("id")))));
  app.post("/v1/jobs/:id/retry", async (c) => c.json(await view(await studio.retry(c.get("principal"), c.req.param("id")))));
}
