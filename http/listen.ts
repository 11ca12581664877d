/** Serves the app on TCP and on the data folder's socket, told apart, and ends both politely. */
import { setMaxListeners } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import { boundUrl } from "../core/bound-url.ts";
import { Failure, toFailure } from "../core/failure.ts";
import type { Log } from "../core/log.ts";
import type { Bindings, Env } from "./env.ts";
import { failureResponse } from "./failures.ts";
import { listenFailure } from "./listen-failure.ts";
import { refuseConnection } from "./refuse-connection.ts";
import { clearSocketFile } from "./socket-file.ts";

export interface ListenOptions {
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Its folder must be private: whoever reaches the socket is taken for the person themself. */
  socketPath?: string;
  log: Log;
  /** Milliseconds in which the headers of a request must have come. Default 20 000. */
  headersMs?: number;
}

export interface Listening {
  url: string;
  port: number;
  /** Milliseconds since the last request ended; 0 while one is under way. For servers that end by themselves. */
  idleMs(): number;
  /** Takes no more, ends event streams, lets the rest finish for `ms`, then breaks it off. */
  close(ms: number): Promise<void>;
}

function bind(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

export async function listen(app: Hono<Env>, options: ListenOptions): Promise<Listening> {
  const { host, port, socketPath, log, headersMs = 20_000 } = options;
  const closing = new AbortController();
  // every open request listens to it
  setMaxListeners(0, closing.signal);
  let active = 0;
  let quietSince = Date.now();

  const serve = (local: boolean): Server => {
    const listener = getRequestListener(
      (request, env) => {
        const { incoming, outgoing } = env;
        const bindings: Bindings = { local, closing: closing.signal, cut: () => void outgoing.destroy() };
        const remote = incoming.socket?.remoteAddress;
        if (!local && remote !== undefined) bindings.remote = remote;
        return app.fetch(request, bindings);
      },
      {
        errorHandler: (error) =>
          failureResponse(
            error instanceof RequestError ? new Failure("invalid_input", "This is not a valid HTTP request.") : toFailure(error),
          ),
      },
    );
    const server = createServer({
      headersTimeout: headersMs,
      // a long upload is no attack; bodies have their own watch on silence
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(5000, headersMs),
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      keepAliveTimeout: 65_000,
    });
    server.on("request", (incoming, outgoing) => {
      active++;
      outgoing.once("close", () => {
        active--;
        quietSince = Date.now();
      });
      void listener(incoming, outgoing);
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuseConnection(error, socket as Socket));
    return server;
  };

  const servers = [serve(false)];
  const tcp = servers[0] as Server;
  await bind(tcp, { host, port }).catch(async (error: unknown) => {
    throw await listenFailure(error, host, port);
  });
  try {
    if (socketPath !== undefined) {
      await clearSocketFile(socketPath);
      const unix = serve(true);
      await bind(unix, { path: socketPath });
      servers.push(unix);
      await chmod(socketPath, 0o600);
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }

  const address = tcp.address();
  const bound = typeof address === "object" && address ? address.port : port;
  const url = boundUrl(host, bound);
  log.info({ url, socket: socketPath !== undefined }, "listening");

  let closed: Promise<void> | undefined;
  return {
    url,
    port: bound,
    idleMs: () => (active > 0 ? 0 : Date.now() - quietSince),
    close(ms) {
      closed ??= closeAll(servers, ms);
      closing.abort();
      return closed;
    },
  };
}

async function closeAll(servers: readonly Server[], ms: number): Promise<void> {
  const all = (what: "closeIdleConnections" | "closeAllConnections") => {
    for (const server of servers) server[what]();
  };
  const ends = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  // a connection that is kept alive becomes idle only when its last answer is out
  const sweep = setInterval(() => all("closeIdleConnections"), 50);
  const force = setTimeout(() => all("closeAllConnections"), ms);
  await Promise.all(ends);
  clearInterval(sweep);
  clearTimeout(force);
}
