/** Stands between clients and the studio, and cuts one connection at a chosen moment of one request. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

export type Moment =
  /** This part (0 to 1) of the request still goes through. */
  | { request: number }
  /** The whole request goes through; nothing of the answer does, and it ends with its first byte or after these milliseconds. */
  | { unanswered: number }
  /** So many bytes of the answer go through. */
  | { answer: number }
  /** Milliseconds after the request, whatever has come by then. */
  | { after: number }
  /** In the middle of this progress notification. */
  | { progress: number };

export interface Cut {
  /** What only the request in question holds. */
  of: string;
  at: Moment;
  /** By a reset, as of a machine that is gone, rather than by a goodbye. */
  reset: boolean;
}

export interface Armed {
  readonly done: boolean;
}

export interface Cutter {
  readonly url: URL;
  /** Cuts the next request that fits, once. */
  arm(cut: Cut): Armed;
  disarm(): void;
  close(): Promise<void>;
}

const progressMark = "notifications/progress";

/** Bytes of the first whole request; undefined while it is not complete. */
function requestLength(bytes: Buffer): number | undefined {
  const head = bytes.indexOf("\r\n\r\n");
  if (head < 0) return undefined;
  const length = Number(/^content-length: *(\d+)/im.exec(bytes.toString("latin1", 0, head))?.[1] ?? 0);
  return bytes.length >= head + 4 + length ? head + 4 + length : undefined;
}

export async function startProxy(studio: URL): Promise<Cutter> {
  const sockets = new Set<Socket>();
  let armed: { cut: Cut; taken: boolean; done: boolean } | undefined;

  const relay = (client: Socket): void => {
    const upstream = connect(Number(studio.port), studio.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        if (socket === client) upstream.destroy();
        else client.destroySoon();
      });
    }
    let held = Buffer.alloc(0);
    let target: typeof armed;
    let passed = 0;
    let seen = 0;

    const strike = (): void => {
      if (!target || target.done || client.destroyed) return;
      target.done = true;
      for (const socket of [client, upstream]) {
        if (target.cut.reset) socket.resetAndDestroy();
        else socket.destroy();
      }
    };
    const send = (request: Buffer): void => {
      if (target?.done) return;
      target = undefined;
      if (!armed || armed.taken || !request.includes(armed.cut.of)) return void upstream.write(request);
      target = armed;
      target.taken = true;
      [passed, seen] = [0, 0];
      const { at } = target.cut;
      if ("request" in at) return void upstream.write(request.subarray(0, Math.floor(request.length * at.request)), strike);
      upstream.write(request);
      const ms = "unanswered" in at ? at.unanswered : "after" in at ? at.after : undefined;
      if (ms !== undefined) setTimeout(strike, ms).unref();
    };
    /** What of these bytes still goes through, when they hold the moment. */
    const before = (chunk: Buffer): number | undefined => {
      const at = target?.cut.at;
      if (!at || target?.done) return undefined;
      if ("unanswered" in at) return 0;
      if ("answer" in at) {
        passed += chunk.length;
        return passed >= at.answer ? chunk.length - (passed - at.answer) : undefined;
      }
      if (!("progress" in at)) return undefined;
      for (let from = chunk.indexOf(progressMark); from >= 0; from = chunk.indexOf(progressMark, from + 1))
        if (++seen === at.progress) return from + Math.floor(progressMark.length / 2);
      return undefined;
    };

    client.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (let length = requestLength(held); length !== undefined; length = requestLength(held)) {
        const request = held.subarray(0, length);
        held = held.subarray(length);
        send(request);
      }
    });
    upstream.on("data", (chunk: Buffer) => {
      const rest = before(chunk);
      if (rest === undefined) client.write(chunk);
      else client.write(chunk.subarray(0, rest), strike);
    });
  };

  const server = createServer(relay);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
    arm(cut) {
      armed = { cut, taken: false, done: false };
      return armed;
    },
    disarm() {
      armed = undefined;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
