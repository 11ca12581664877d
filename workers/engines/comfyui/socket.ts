/** The progress socket: kept open with pings, opened again only after the old one is closed. Nothing depends on it but progress. */
import WebSocket from "ws";
import type { Log } from "../../../core/log.ts";
import { type ComfyEvent, decodeBinary, decodeText } from "./events.ts";
import type { Http } from "./http.ts";
import type { Timings } from "./options.ts";

export interface ProgressSocket {
  readonly open: boolean;
  /** Drops it and opens it anew: the server may have forgotten our client id. */
  renew(): void;
  /** Milliseconds since anything but an answer to a ping came. */
  silence(): number;
  close(): Promise<void>;
}

export interface SocketParts {
  http: Http;
  timings: Timings;
  clientId: string;
  log: Log;
  onEvent(event: ComfyEvent): void;
  /** Opened or closed: events were or will be missed, so look at the prompt. */
  onChange(): void;
}

export function openSocket(parts: SocketParts): ProgressSocket {
  const { http, timings, clientId, log } = parts;
  let socket: WebSocket | undefined;
  let isOpen = false;
  let ended = false;
  let heard = Date.now();
  let again: NodeJS.Timeout | undefined;
  let gone = (): void => {};

  const connect = () => {
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
      isOpen = true;
      heard = Date.now();
      // must be the first message, and again on each socket
      ws.send(JSON.stringify({ type: "feature_flags", data: { supports_preview_metadata: true } }));
      parts.onChange();
    });
    ws.on("message", (data, binary) => {
      heard = Date.now();
      const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
      const event = binary ? decodeBinary(bytes) : decodeText(bytes.toString("utf8"));
      if (event) parts.onEvent(event);
    });
    ws.on("error", (error) => log.debug({ err: error }, "the progress socket to ComfyUI broke"));
    ws.on("close", () => {
      clearInterval(pings);
      isOpen = false;
      gone();
      parts.onChange();
      if (!ended) again = setTimeout(connect, timings.retry);
    });
  };
  connect();

  return {
    get open() {
      return isOpen;
    },
    renew() {
      heard = Date.now();
      socket?.terminate();
    },
    silence: () => Date.now() - heard,
    async close() {
      ended = true;
      clearTimeout(again);
      if (!socket || socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise<void>((resolve) => {
        gone = resolve;
      });
      if (socket.readyState === WebSocket.OPEN) socket.close();
      else socket.terminate();
      const late = setTimeout(() => socket?.terminate(), 1_000);
      await closed;
      clearTimeout(late);
    },
  };
}
