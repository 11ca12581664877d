/** One HTTP request to the studio over its socket or TCP, and what went wrong as a Failure. No Hono here: thin clients load this. */
import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, type FailureCode, type FailureView, failureCodes } from "../core/failure.ts";

export type Where = { socketPath: string } | { url: string; key?: string };

export interface Ask {
  method: "GET" | "POST" | "DELETE";
  path: string;
  headers?: Record<string, string>;
  body?: string | { stream: Readable; bytes?: number };
  signal?: AbortSignal;
  /** Only looks: sent twice it does what it does once, so that it may use a kept connection. */
  repeatable?: boolean;
  /** Milliseconds without a byte after which the connection counts as dead. Default 120 000; event streams have a comment every 15 s. */
  silenceMs?: number;
}

const unreachable = new Set(["ECONNREFUSED", "ENOENT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EACCES"]);

/** True where the connection, not the server's answer, was the trouble: asking again may help. */
export class Disconnected extends Failure {
  /** True where there was no server at all. */
  readonly absent: boolean;
  constructor(absent: boolean, where: Where, cause: unknown) {
    const at = "url" in where ? ` at ${new URL(where.url).host}` : "";
    super(
      "not_running",
      absent
        ? `The studio does not answer${at}. Start it with \`myspinbot start\`.`
        : `The connection to the studio${at} broke off. Its jobs go on; ask again.`,
      { cause, retryable: true },
    );
    this.absent = absent;
  }
}

function target(where: Where, path: string): { options: object; secure: boolean; headers: Record<string, string> } {
  if ("socketPath" in where) return { options: { socketPath: where.socketPath, path }, secure: false, headers: { host: "localhost" } };
  const base = new URL(where.url);
  return {
    options: {
      hostname: base.hostname.replace(/^\[|\]$/g, ""),
      ...(base.port ? { port: base.port } : {}),
      path: base.pathname.replace(/\/+$/, "") + path,
    },
    secure: base.protocol === "https:",
    headers: { host: base.host, ...(where.key ? { authorization: `Bearer ${where.key}` } : {}) },
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  let text = "";
  for await (const chunk of response) text += chunk as string;
  return text;
}

/** The server's Failure; something that is no MySpinBot is called that. */
function failureOf(status: number, text: string): Failure {
  try {
    const { code, message, retryable, fields, approval } = (JSON.parse(text) as { error: FailureView }).error;
    if (typeof message === "string" && (failureCodes as readonly string[]).includes(code))
      return new Failure(code as FailureCode, message, {
        retryable: retryable === true,
        ...(fields ? { fields } : {}),
        ...(approval ? { approval } : {}),
      });
  } catch {
    // not our JSON: said below
  }
  return new Failure("not_running", `Something other than a studio answered (HTTP ${status}). Check the address and MYSPINBOT_PORT.`);
}

/** Sends a body at the speed at which it is taken. An early answer (too large, no key) counts more than the broken pipe it leaves. */
async function send(request: ClientRequest, body: Ask["body"], answered: Promise<IncomingMessage>): Promise<void> {
  if (body === undefined || typeof body === "string") return void request.end(body);
  let sourceError: unknown;
  body.stream.once("error", (error) => {
    if (!request.destroyed) sourceError = error;
  });
  const sent = pipeline(body.stream, request);
  sent.catch(() => undefined);
  try {
    await Promise.race([sent, answered]);
  } catch (error) {
    if (sourceError !== undefined) throw new SourceError(sourceError);
    // the pipe breaks before the answer is read
    const early = await Promise.race([answered.catch(() => undefined), sleep(500, undefined, { ref: false })]);
    if (!early) throw error;
  }
}

/** What the source of a body threw: the caller's own trouble, not the connection's. */
class SourceError extends Error {
  constructor(cause: unknown) {
    super("the body could not be read", { cause });
  }
}

/** A kept connection may die between two requests, and nobody would know which half: only what may be sent again goes over one. Those that nobody uses keep no process alive. */
const kept = new Agent({ keepAlive: true, maxFreeSockets: 8 });

function open(where: Where, { method, path, headers, body, signal, repeatable, silenceMs = 120_000 }: Ask): ClientRequest {
  const to = target(where, path);
  const make = to.secure ? tlsRequest : plainRequest;
  const length = typeof body === "string" ? Buffer.byteLength(body) : body ? body.bytes : method === "POST" ? 0 : undefined;
  const request = make({
    ...to.options,
    method,
    agent: repeatable && !to.secure ? kept : false,
    headers: {
      ...to.headers,
      ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
      ...(length !== undefined ? { "content-length": length } : {}),
      ...headers,
    },
    ...(signal ? { signal } : {}),
  });
  request.setTimeout(silenceMs, () => request.destroy(Object.assign(new Error("no byte for too long"), { code: "ETIMEDOUT" })));
  return request;
}

/** Any answer below 400. Failure: the server's own, or `Disconnected`. What the signal or the body's source throws is thrown as it is. */
export async function ask(where: Where, asked: Ask): Promise<IncomingMessage> {
  asked.signal?.throwIfAborted();
  const request = open(where, asked);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
    request.once("close", () => reject(new Error("closed without an answer")));
  });
  answered.catch(() => undefined);
  try {
    await send(request, asked.body, answered);
    const response = await answered;
    const status = response.statusCode ?? 0;
    if (status < 400) return response;
    throw failureOf(status, await textOf(response));
  } catch (error) {
    request.destroy();
    if (typeof asked.body === "object") asked.body.stream.destroy();
    asked.signal?.throwIfAborted();
    if (error instanceof SourceError) throw error.cause;
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (asked.repeatable && request.reusedSocket && code !== "ETIMEDOUT") return ask(where, { ...asked, repeatable: false });
    throw new Disconnected(unreachable.has(code ?? ""), where, error);
  }
}

/** The answer as JSON. */
export async function askJson<T>(where: Where, asked: Ask): Promise<T> {
  const response = await ask(where, asked);
  const text = await textOf(response).catch((error: unknown) => {
    asked.signal?.throwIfAborted();
    throw new Disconnected(false, where, error);
  });
  try {
    return JSON.parse(text) as T;
  } catch {
    throw failureOf(response.statusCode ?? 0, "");
  }
}
