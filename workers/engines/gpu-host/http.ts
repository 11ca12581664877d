/** Plain HTTP to gpu-host: one error for "does not answer", one for its own refusals, a Failure for an address or key that is wrong. */
import { Failure } from "../../../core/failure.ts";
import { type ErrorBody, errorBody } from "./wire.ts";

/** It did not answer, or broke off. Whether it acted is unknown. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("gpu-host does not answer", { cause });
    this.name = "Unreachable";
  }
}

/** gpu-host's own `{"error": {"code", "message"}}`. */
export class Refused extends Error {
  readonly code: string;
  readonly status: number;

  constructor({ code, message }: ErrorBody, status: number) {
    super(message);
    this.name = "Refused";
    this.code = code;
    this.status = status;
  }
}

interface Asked {
  method: "GET" | "PUT" | "POST" | "DELETE";
  body?: unknown;
  /** Sent as it is, with its length. */
  bytes?: Uint8Array;
  timeout: number;
  signal?: AbortSignal | undefined;
}

export interface Http {
  readonly address: string;
  /** Parsed JSON; undefined where the answer was empty. Throws Unreachable, Refused, Failure `engine_rejected`, or `signal.reason`. */
  json(path: string, asked: Asked): Promise<unknown>;
  /** The response, its body unread; `timeout` is for the head alone, `signal` for the body too. */
  open(path: string, asked: Asked): Promise<Response>;
}

export function createHttp(url: string, key: string | undefined, send: typeof fetch): Http {
  const address = url.replace(/\/+$/, "");

  const notOurs = () =>
    new Failure(
      "engine_rejected",
      `${address} does not answer as gpu-host does: another program listens there. Set GPU_HOST_URL to the address that gpu-host prints when it starts.`,
    );

  const refusal = async (response: Response): Promise<Error> => {
    const text = await response.text().catch(() => "");
    const parsed = errorBody.safeParse(toJson(text));
    if (response.status === 401)
      return new Failure(
        "engine_rejected",
        `gpu-host at ${address} ${key ? "does not take the key of GPU_HOST_KEY" : "asks for a key"}. Set GPU_HOST_KEY to the value that gpu-host was started with.`,
      );
    if (parsed.success && parsed.data.error.code === "host_refused")
      return new Failure(
        "engine_rejected",
        `gpu-host at ${address} answers only on its own machine. Start it with GPU_HOST_KEY, and set the same GPU_HOST_KEY here.`,
      );
    if (parsed.success) return new Refused(parsed.data.error, response.status);
    // a proxy whose gpu-host is not there
    if (response.status >= 500) return new Unreachable(new Error(`status ${response.status}`));
    return notOurs();
  };

  const request = async (path: string, { method, body, bytes, signal }: Asked, stop: AbortSignal): Promise<Response> => {
    signal?.throwIfAborted();
    const headers: Record<string, string> = {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const content = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await send(address + path, {
      method,
      headers,
      // the key goes nowhere else
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, stop]) : stop,
      ...(content === undefined ? {} : { body: content as NonNullable<RequestInit["body"]> }),
    });
    if (!response.ok) throw await refusal(response);
    return response;
  };

  const explained = (error: unknown, signal: AbortSignal | undefined): unknown => {
    if (signal?.aborted) return signal.reason;
    return error instanceof Failure || error instanceof Refused || error instanceof Unreachable ? error : new Unreachable(error);
  };

  return {
    address,
    async json(path, asked) {
      try {
        const response = await request(path, asked, AbortSignal.timeout(asked.timeout));
        const text = await response.text();
        if (text === "") return undefined;
        const body = toJson(text);
        if (body === undefined) throw notOurs();
        return body;
      } catch (error) {
        throw explained(error, asked.signal);
      }
    },
    async open(path, asked) {
      const head = new AbortController();
      const timer = setTimeout(() => head.abort(new Error(`no answer within ${asked.timeout} ms`)), asked.timeout);
      try {
        return await request(path, asked, head.signal);
      } catch (error) {
        throw explained(error, asked.signal);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
