/** A listener of its own for those that watch this process: `/metrics`, `/livez`, `/readyz`, without a key, in every role. Nothing else is behind it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { boundUrl } from "../core/bound-url.ts";
import { Failure, toFailure } from "../core/failure.ts";
import type { Log } from "../core/log.ts";
import { askAgainSeconds, whyNotReady } from "./readiness.ts";

export interface MetricsListenerParts {
  host: string;
  /** 0 = any free one. */
  port: number;
  metrics: { text(): Promise<{ contentType: string; body: string }> };
  /** Rejects with the Failure that keeps this process from doing its work. */
  ready(): Promise<void>;
  /** Milliseconds that readiness may take. Default 5000. */
  readyMs?: number;
  log: Log;
}

export interface MetricsListener {
  url: string;
  port: number;
  /** Breaks off what is still asked: those who watch ask again. */
  close(): Promise<void>;
}

interface Answer {
  status: number;
  contentType: string;
  body: string;
  headers?: Record<string, string>;
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  ...{ status, contentType: "application/json", body: `${JSON.stringify(body)}\n`, headers },
});
const refusal = (status: number, message: string, headers?: Record<string, string>): Answer =>
  json(status, { error: new Failure("unknown_route", message).view() }, headers);

function answersOf({ metrics, ready, readyMs, log }: MetricsListenerParts): Record<string, () => Promise<Answer>> {
  return {
    "/livez": async () => json(200, { status: "ok", name: "myspinbot" }),
    async "/metrics"() {
      const { contentType, body } = await metrics.text();
      return { status: 200, contentType, body };
    },
    async "/readyz"() {
      const why = await whyNotReady(ready, (error) => log.debug({ err: error }, "not ready"), readyMs);
      return why ? json(503, { error: why }, { "retry-after": askAgainSeconds }) : json(200, { status: "ready" });
    },
  };
}

async function answerTo(request: IncomingMessage, answers: ReturnType<typeof answersOf>): Promise<Answer> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
  if (!answer) return refusal(404, `There is only ${Object.keys(answers).join(", ")} here. The studio itself listens on MYSPINBOT_PORT.`);
  if (request.method !== "GET" && request.method !== "HEAD") return refusal(405, "Only GET and HEAD work here.", { allow: "GET, HEAD" });
  return answer();
}

function send(response: ServerResponse, { status, contentType, body, headers }: Answer): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    ...{ "content-type": contentType, "content-length": bytes.length, "cache-control": "no-store", "x-content-type-options": "nosniff" },
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? undefined : bytes);
}

const fixes: Record<string, (host: string, port: number) => string> = {
  EADDRINUSE: (host, port) =>
    `Port ${port} on ${host} is taken by another program. Stop it, or set MYSPINBOT_METRICS_PORT to another port (0 takes any free one; without it nothing listens).`,
  EACCES: (_host, port) => `This user may not listen on port ${port}. Set MYSPINBOT_METRICS_PORT to a port from 1024 to 65535.`,
  EADDRNOTAVAIL: (host) => `This machine does not have the address ${host}. Set MYSPINBOT_METRICS_HOST to one it has, such as 127.0.0.1.`,
};

async function bind(server: Server, host: string, port: number): Promise<number> {
  try {
    server.listen({ host, port });
    await once(server, "listening");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const fix = fixes[code === "ENOTFOUND" || code === "EAI_AGAIN" ? "EADDRNOTAVAIL" : code];
    throw fix ? new Failure("config", fix(host, port), { cause: error }) : toFailure(error);
  }
  return (server.address() as AddressInfo).port;
}

/** Failure `config` where the port or the address cannot be had. */
export async function listenForMetrics(parts: MetricsListenerParts): Promise<MetricsListener> {
  const { host, log } = parts;
  const answers = answersOf(parts);
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 5000, maxHeaderSize: 8192 },
    (request, response) => {
      // a body that nobody asked for is not waited for
      request.resume();
      answerTo(request, answers)
        .catch((error: unknown) => {
          log.warn({ err: error }, "metrics could not be told");
          return json(500, { error: new Failure("internal", "This could not be answered; the server log has the reason.").view() });
        })
        .then((answer) => send(response, answer))
        .catch(() => response.destroy());
    },
  );
  // it is for a handful of watchers: whoever opens more must not take the process's file descriptors
  server.maxConnections = 64;
  const port = await bind(server, host, parts.port);
  const url = boundUrl(host, port);
  log.info({ url }, "metrics are told");
  return {
    url,
    port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
