/** Plain HTTP to A1111/Forge, without the time limits of `fetch`: one request lasts as long as its picture. */
import { type IncomingMessage, request as plain } from "node:http";
import { request as secure } from "node:https";
import { Failure } from "../../../core/failure.ts";

/** It did not answer, or broke off: it may be down, restarting or too busy. Whether it acted is unknown. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("A1111/Forge does not answer", { cause });
    this.name = "Unreachable";
  }
}

export interface Answer {
  status: number;
  /** Parsed JSON; undefined where it was none. */
  body: unknown;
  /** The beginning of what was no JSON. */
  text: string;
}

export interface Asked {
  body?: object;
  /** Milliseconds for the whole exchange; none where it is absent. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface Http {
  /** The address as a person may see it, without credentials. */
  readonly address: string;
  /** Throws Unreachable, Failure `engine_rejected` (login, not A1111), or the signal's reason. */
  json(method: "GET" | "POST", path: string, asked?: Asked): Promise<Answer>;
}

/** Statuses of a proxy whose A1111 is not there. */
const proxyDown = new Set([502, 503, 504]);
/** Eight large pictures in base64 are a quarter of it. */
const mostBytes = 400_000_000;

export function createHttp(url: string, login: { user?: string; password?: string }): Http {
  const parsed = new URL(url);
  const address = `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
  const user = login.user ?? decodeURIComponent(parsed.username);
  const password = login.password ?? decodeURIComponent(parsed.password);
  const headers: Record<string, string> = user ? { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` } : {};
  const send = parsed.protocol === "https:" ? secure : plain;

  const exchange = (method: string, path: string, { body, timeout, signal }: Asked): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const sent = send(address + path, {
        method,
        // a kept connection may have died with the program behind it
        agent: false,
        headers: {
          ...headers,
          accept: "application/json",
          ...(bytes ? { "content-type": "application/json", "content-length": bytes.length } : {}),
        },
      });
      const timer =
        timeout === undefined ? undefined : setTimeout(() => sent.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
      const forward = () => sent.destroy(new Error("no longer wanted"));
      signal?.addEventListener("abort", forward, { once: true });
      const over = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", forward);
      };
      const fail = (error: unknown) => {
        over();
        reject(signal?.aborted ? signal.reason : error instanceof Failure ? error : new Unreachable(error));
      };
      sent.on("error", fail);
      // it is quiet for as long as it draws, and a router forgets quiet connections
      sent.on("socket", (socket) => socket.setKeepAlive(true, 30_000));
      sent.on("response", (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > mostBytes) {
            fail(
              new Failure(
                "engine_failed",
                `${address} answered with more than ${mostBytes / 1e6} MB, which no picture has. Retry the job.`,
              ),
            );
            sent.destroy();
          } else chunks.push(chunk);
        });
        response.on("error", fail);
        response.on("close", () => {
          if (!response.complete) return fail(new Error("the answer broke off"));
          over();
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
        });
      });
      sent.end(bytes);
    });

  return {
    address,
    async json(method, path, asked = {}) {
      const { status, text } = await exchange(method, path, asked);
      if (proxyDown.has(status)) throw new Unreachable(new Error(`status ${status}`));
      if (status === 401 || status === 407)
        throw new Failure(
          "engine_rejected",
          `${address} asks for a login, or refuses ours. Set A1111_AUTH to user:password as A1111/Forge has it in --api-auth.`,
        );
      if (/^\s*</.test(text))
        throw new Failure(
          "engine_rejected",
          `${address} answers with a web page instead of data: that address is not the API of A1111/Forge. Set A1111_URL to the address that it prints when it starts, and start it with --api.`,
        );
      return { status, ...parse(text) };
    },
  };
}

function parse(text: string): Pick<Answer, "body" | "text"> {
  try {
    return { body: JSON.parse(text), text: "" };
  } catch {
    return { body: undefined, text: text.slice(0, 2_000) };
  }
}
