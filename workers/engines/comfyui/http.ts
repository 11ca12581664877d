/** Plain HTTP to ComfyUI: one error for "does not answer", a Failure for what a person can mend. */
import { Failure } from "../../../core/failure.ts";

/** It did not answer, or broke off: it may be down, restarting or too busy. Whether it acted is unknown. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("ComfyUI does not answer", { cause });
    this.name = "Unreachable";
  }
}

export interface Answer {
  status: number;
  /** Parsed JSON; undefined where the answer was empty or plain text. */
  body: unknown;
}

export interface Http {
  /** The address as a person may see it, without credentials. */
  readonly address: string;
  readonly socketAddress: string;
  readonly headers: Record<string, string>;
  /** Throws Unreachable, Failure `engine_rejected` (403, login, not ComfyUI), or `signal.reason`. */
  json(method: "GET" | "POST", path: string, options?: { body?: unknown; timeout?: number; signal?: AbortSignal }): Promise<Answer>;
  /** The response as it is, its body unread; `timeout` is for the head alone. */
  open(path: string, init: RequestInit, options: { timeout: number; signal?: AbortSignal }): Promise<Response>;
}

/** Statuses of a proxy whose ComfyUI is not there. */
const proxyDown = new Set([502, 503, 504]);

export function createHttp(url: string, send: typeof fetch, defaultTimeout: number): Http {
  const parsed = new URL(url);
  const base = `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
  // fetch refuses addresses that carry a login
  const login = parsed.username ? `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}` : undefined;
  const headers: Record<string, string> = login ? { authorization: `Basic ${Buffer.from(login).toString("base64")}` } : {};

  const open: Http["open"] = async (path, init, { timeout, signal }) => {
    signal?.throwIfAborted();
    const stop = new AbortController();
    const forward = () => stop.abort(signal?.reason);
    signal?.addEventListener("abort", forward, { once: true });
    const timer = setTimeout(() => stop.abort(new Error(`no answer within ${timeout} ms`)), timeout);
    try {
      const response = await send(base + path, {
        ...init,
        headers: { ...headers, ...(init.headers as Record<string, string> | undefined) },
        signal: stop.signal,
      });
      refuse(response, base);
      return response;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof Failure || error instanceof Unreachable) throw error;
      throw new Unreachable(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", forward);
    }
  };

  return {
    address: base,
    socketAddress: base.replace(/^http/, "ws"),
    headers,
    open,
    async json(method, path, { body, timeout = defaultTimeout, signal } = {}) {
      const stop = AbortSignal.timeout(timeout);
      const init: RequestInit = {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      };
      const response = await open(path, init, { timeout, ...(signal ? { signal } : {}) });
      const text = await readText(response, stop, signal);
      if (/^\s*</.test(text))
        throw new Failure(
          "engine_rejected",
          `${base} answers with a web page instead of ComfyUI's data: that address is not ComfyUI. Set COMFYUI_URL to the address that ComfyUI prints when it starts.`,
        );
      return { status: response.status, body: parse(text) };
    },
  };
}

function refuse(response: Response, base: string): void {
  if (proxyDown.has(response.status)) {
    void response.body?.cancel();
    throw new Unreachable(new Error(`status ${response.status}`));
  }
  if (response.status === 401 || response.status === 407)
    throw new Failure("engine_rejected", `${base} asks for a login. Put it into COMFYUI_URL: http://user:password@host:port.`);
  if (response.status === 403)
    throw new Failure(
      "engine_rejected",
      `${base} refuses our requests (403). ComfyUI does so when Host and Origin differ, behind a proxy for example: set COMFYUI_URL to the address that ComfyUI itself listens on.`,
    );
}

/** The body within the request's time; an abort by the caller comes first. */
async function readText(response: Response, stop: AbortSignal, signal: AbortSignal | undefined): Promise<string> {
  let give: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    give = () => reject(signal?.aborted ? signal.reason : new Unreachable(stop.reason));
    stop.addEventListener("abort", give, { once: true });
    signal?.addEventListener("abort", give, { once: true });
  });
  try {
    return await Promise.race([response.text(), stopped]);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof Unreachable ? error : new Unreachable(error);
  } finally {
    if (give) signal?.removeEventListener("abort", give);
    stopped.catch(() => {});
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
