/** One progress socket, shared by the jobs that listen: kept open with pings, opened again only after the old one is closed. */
import WebSocket from "ws";
import type { Log } from "../../../core/log.ts";
import { type ComfyEvent, decodeBinary, decodeText } from "./events.ts";
import type { Http } from "./http.ts";
import type { Timings } from "./options.ts";

/** A job's share in a socket. Nothing depends on it but progress. */
export interface ProgressSocket {
  readonly open: boolean;
  /** Drops it and opens it anew: the server may have forgotten our client id. */
  renew(): void;
  /** Milliseconds since anything but an answer to a ping came. */
  silence(): number;
  /** The job no longer listens. */
  release(): void;
}

export interface Listener {
  onEvent(event: ComfyEvent): void;
  /** Opened or closed: events were or will be missed, so look at the prompt. */
  onChange(): void;
}

export interface SharedSocket {
  readonly open: boolean;
  /** Connections that ended or failed: while this stays the same and it is open, the same server process is at the other end. */
  readonly losses: number;
  /** Opened where it is not, and kept open a while after the last listener, so that the next job finds it open. */
  use(listener: Listener): ProgressSocket;
  close(): Promise<void>;
}

export interface SocketParts {
  http: Http;
  timings: Timings;
  clientId: string;
  log: Log;
}

/** @param onUnused closed because nobody listened any more. */
export function createSharedSocket(parts: SocketParts, onUnused: () => void = () => {}): SharedSocket {
  const { http, timings, clientId, log } = parts;
  const listeners = new Set<Listener>();
  // from the connect until it is closed for good
  let socket: WebSocket | undefined;
  let isOpen = false;
  let ended = false;
  let retiring = false;
  let losses = 0;
  let heard = Date.now();
  let again: NodeJS.Timeout | undefined;
  let unused: NodeJS.Timeout | undefined;

  const each = (tell: (listener: Listener) => void) => [...listeners].forEach(tell);

  const connect = () => {
    clearTimeout(again);
    retiring = false;
    const ws = new WebSocket(`${http.socketAddress}/ws?clientId=${encodeURIComponent(clientId)}`, {
      headers: http.headers,
      handshakeTimeout: timings.request,
      maxPayload: 64 * 1024 * 1024,
    });
    socket = ws;
    let answered = true;
    const pings = setInterval(() => {
      if (ws.readyState !== WebSocket.OPEN) return;
      if (!answered) return ws.terminate();
      answered = false;
      ws.ping();
    }, timings.ping);
    ws.on("pong", () => {
      answered = true;
    });
    ws.on("open", () => {
      isOpen = !retiring;
      heard = Date.now();
      // must be the first message, and again on each socket
      ws.send(JSON.stringify({ type: "feature_flags", data: { supports_preview_metadata: true } }));
      each((listener) => listener.onChange());
    });
    ws.on("message", (data, binary) => {
      heard = Date.now();
      const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
      const event = binary ? decodeBinary(bytes) : decodeText(bytes.toString("utf8"));
      if (event) each((listener) => listener.onEvent(event));
    });
    ws.on("error", (error) => log.debug({ err: error }, "the progress socket to ComfyUI broke"));
    ws.on("close", () => {
      clearInterval(pings);
      socket = undefined;
      isOpen = false;
      losses++;
      each((listener) => listener.onChange());
      // a job that came while an unused one was closing waits for nothing else
      if (listeners.size > 0 && !ended) again = setTimeout(connect, retiring ? 0 : timings.retry);
      else if (listeners.size === 0) onUnused();
    });
  };

  const retire = async (): Promise<void> => {
    isOpen = false;
    retiring = true;
    const ws = socket;
    if (!ws) return onUnused();
    const closed = new Promise<void>((resolve) => ws.once("close", () => resolve()));
    if (ws.readyState === WebSocket.CONNECTING) ws.terminate();
    else ws.close();
    const late = setTimeout(() => ws.terminate(), 1_000);
    await closed;
    clearTimeout(late);
  };

  return {
    get open() {
      return isOpen;
    },
    get losses() {
      return losses;
    },
    use(listener) {
      clearTimeout(unused);
      listeners.add(listener);
      if (!socket && !ended) connect();
      return {
        get open() {
          return isOpen;
        },
        renew() {
          heard = Date.now();
          socket?.terminate();
        },
        silence: () => Date.now() - heard,
        release() {
          if (!listeners.delete(listener) || listeners.size > 0 || ended) return;
          clearTimeout(again);
          unused = setTimeout(() => void retire(), timings.idle);
        },
      };
    },
    async close() {
      ended = true;
      clearTimeout(again);
      clearTimeout(unused);
      await retire();
    },
  };
}
