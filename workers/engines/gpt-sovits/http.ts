/** Plain HTTP to GPT-SoVITS: one error for "is not there", another for "is there and says nothing", which it does while it speaks. */

/** Nothing listens at the address, or it broke off. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("GPT-SoVITS does not answer", { cause });
    this.name = "Unreachable";
  }
}

/** It took the connection and did not answer in time. */
export class Silent extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = "Silent";
  }
}

export interface Answer {
  status: number;
  type: string;
  body: Uint8Array;
}

export interface Http {
  /** As a person may see it, without credentials. */
  readonly address: string;
  get(path: string, timeout: number, signal?: AbortSignal): Promise<Answer>;
  post(path: string, body: object, timeout: number, signal?: AbortSignal): Promise<Answer>;
}

/** Statuses of a proxy whose GPT-SoVITS is not there. */
const proxyDown = new Set([502, 503, 504]);

/** More than any line is long: ten minutes at 48 kHz. */
const mostBytes = 64_000_000;

async function read(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > mostBytes) throw new Error(`more than ${mostBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export function createHttp(url: string, send: typeof fetch): Http {
  const parsed = new URL(url);
  const address = `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
  const login = parsed.username ? `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}` : undefined;
  const authorization: Record<string, string> = login ? { authorization: `Basic ${Buffer.from(login).toString("base64")}` } : {};

  const ask = async (path: string, init: RequestInit, timeout: number, signal?: AbortSignal): Promise<Answer> => {
    signal?.throwIfAborted();
    const late = AbortSignal.timeout(timeout);
    try {
      const response = await send(address + path, {
        ...init,
        redirect: "error",
        headers: { ...authorization, ...(init.headers as Record<string, string> | undefined) },
        signal: signal ? AbortSignal.any([late, signal]) : late,
      });
      if (proxyDown.has(response.status)) {
        void response.body?.cancel();
        throw new Unreachable(new Error(`status ${response.status}`));
      }
      return { status: response.status, type: response.headers.get("content-type") ?? "", body: await read(response) };
    } catch (error) {
      signal?.throwIfAborted();
      if (late.aborted) throw new Silent(timeout);
      throw error instanceof Unreachable ? error : new Unreachable(error);
    }
  };

  return {
    address,
    get: (path, timeout, signal) => ask(path, { method: "GET" }, timeout, signal),
    post: (path, body, timeout, signal) =>
      ask(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }, timeout, signal),
  };
}
