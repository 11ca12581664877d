/** The catalogue over HTTP: every tool by its name, whatever kind it is. */
import type { Context, Hono } from "hono";
import type { InvokedView } from "../core/client.ts";
import type { Call, Invoked, Studio } from "../core/studio.ts";
import { toolView } from "../core/tool-view.ts";
import { jobView } from "../core/view.ts";
import { readJson } from "./body.ts";
import type { Env } from "./env.ts";
import type { AppParts } from "./parts.ts";
import { eventStream, requestSignal, type ServerEvent } from "./sse.ts";
import { traceOf } from "./trace.ts";

/** Idempotency key and trace of a request, as a call takes them. */
export function callOptions(c: Context): Pick<Call, "key" | "traceparent"> {
  const key = c.req.header("idempotency-key");
  return { ...(key !== undefined ? { key } : {}), ...traceOf(c) };
}

/** The job is accepted by now: where it stands in line must not be a reason to call that an error. */
async function invokedView(studio: Studio, invoked: Invoked): Promise<InvokedView> {
  if (invoked.kind === "answer") return invoked;
  const outlook = await studio.outlook(invoked.job).catch(() => ({}));
  return { kind: "job", job: jobView(invoked.job, outlook), created: invoked.created };
}

export function toolRoutes(app: Hono<Env>, { studio, log }: AppParts): void {
  app.get("/v1/tools", (c) => c.json({ tools: studio.tools.map(toolView) }));

  app.post("/v1/tools/:name", async (c) => {
    const principal = c.get("principal");
    const tool = studio.tool(c.req.param("name"));
    const call: Call = { tool: tool.name, input: await readJson(c), ...callOptions(c) };

    if (/\btext\/event-stream\b/.test(c.req.header("accept") ?? "")) {
      return eventStream(c, log, (signal) =>
        withProgress(async (progress) => invokedView(studio, await studio.invoke(principal, call, { signal, progress }))),
      );
    }
    const { signal, release } = requestSignal(c);
    try {
      const view = await invokedView(studio, await studio.invoke(principal, call, { signal }));
      if (view.kind === "answer") return c.json(view);
      return c.json(view, 202, { location: `/v1/jobs/${view.job.id}` });
    } finally {
      release();
    }
  });
}

type Progress = (fraction: number, note: string) => void;

/** `progress` events while the work goes on (the newest only, where the reader is slow), then `result`. */
async function* withProgress(work: (progress: Progress) => Promise<InvokedView>): AsyncGenerator<ServerEvent> {
  let latest: ServerEvent | undefined;
  let wake = () => {};
  let settled = false;
  const result = work((fraction, note) => {
    latest = { event: "progress", data: { fraction, note } };
    wake();
  }).finally(() => {
    settled = true;
    wake();
  });
  result.catch(() => undefined);
  while (!settled || latest) {
    if (latest) {
      const event = latest;
      latest = undefined;
      yield event;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  yield { event: "result", data: await result };
}
