/** One short request to whatever is at an address: what it says, or how it failed. Nothing is followed, nothing is thrown. */
import { type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Parsed JSON; undefined where it is none. */
  body: unknown;
}

/** The system's own word, such as `ECONNREFUSED`; `ETIMEDOUT` also where it was only too slow. */
export interface Silence {
  code: string;
}

export interface Asked {
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** Connects to this machine in place of the one that the address names; the Host header stays that of the address. */
  via?: string;
  /** Milliseconds for all of it. Default 2500. */
  patience?: number;
}

/** A foreign program may send without end. */
const mostText = 1_000_000;

export function isSilence(found: Answer | Silence): found is Silence {
  return "code" in found;
}

export const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** What our own server says of a refusal; empty words for anything else. */
export const errorOf = (answer: Answer) => {
  const error = field(answer.body, "error");
  return { code: String(field(error, "code") ?? ""), message: String(field(error, "message") ?? "") };
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function look(address: string, path: string, asked: Asked = {}): Promise<Answer | Silence> {
  const base = new URL(address);
  const make = base.protocol === "https:" ? tlsRequest : plainRequest;
  return new Promise((resolve) => {
    const request = make({
      hostname: asked.via ?? base.hostname.replace(/^\[|\]$/g, ""),
      ...(base.port ? { port: base.port } : {}),
      ...(base.username ? { auth: `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}` } : {}),
      path: base.pathname.replace(/\/+$/, "") + path,
      method: asked.method ?? "GET",
      agent: false,
      headers: {
        host: base.host,
        ...(asked.body === undefined ? {} : { "content-type": "application/json", "content-length": `${Buffer.byteLength(asked.body)}` }),
        ...asked.headers,
      },
    });
    const timer = setTimeout(() => end({ code: "ETIMEDOUT" }), asked.patience ?? 2500);
    const end = (found: Answer | Silence) => {
      clearTimeout(timer);
      resolve(found);
      request.destroy();
    };
    request.on("error", (error: NodeJS.ErrnoException) => end({ code: error.code ?? "ECONNRESET" }));
    request.on("response", (response) => {
      let text = "";
      const tell = () => end({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) });
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (text.length > mostText) tell();
      });
      response.on("end", tell).on("error", tell);
    });
    request.end(asked.body);
  });
}
