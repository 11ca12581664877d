/** What an adapter keeps between its jobs: the progress sockets by client id, and what it knows of the server at their other end. */
import type { Log } from "../../../core/log.ts";
import type { Api } from "./api.ts";
import { clientIdOf, newOrigin } from "./ids.ts";
import { createSharedSocket, type Listener, type ProgressSocket, type SharedSocket } from "./socket.ts";

/** The sockets of one job. */
export interface Listening {
  /** The socket on which events of this prompt come, whichever worker posted it. */
  of(promptId: string): ProgressSocket;
  end(): void;
}

export interface Connection {
  /** Begins every prompt id of ours. */
  readonly origin: string;
  /** Whether our own socket is open: ComfyUI answers then. */
  readonly open: boolean;
  listen(listener: Listener): Listening;
  /** ComfyUI's version; asked for once a server process. Throws Unreachable. */
  version(): Promise<string>;
  close(): Promise<void>;
}

export function createConnection(api: Api, log: Log): Connection {
  const origin = newOrigin();
  const sockets = new Map<string, SharedSocket>();
  let known: { version: string; losses: number } | undefined;

  // one a client id: the server forgets an id when any socket of that id closes
  const socketOf = (clientId: string): SharedSocket => {
    const found = sockets.get(clientId);
    if (found) return found;
    const socket = createSharedSocket({ http: api.http, timings: api.timings, clientId, log }, () => {
      if (clientId !== clientIdOf(origin)) sockets.delete(clientId);
    });
    sockets.set(clientId, socket);
    return socket;
  };
  const own = socketOf(clientIdOf(origin));

  return {
    origin,
    get open() {
      return own.open;
    },
    listen(listener) {
      const used = new Map<string, ProgressSocket>();
      return {
        of(promptId) {
          const clientId = clientIdOf(promptId);
          const socket = used.get(clientId) ?? socketOf(clientId).use(listener);
          used.set(clientId, socket);
          return socket;
        },
        end() {
          for (const socket of used.values()) socket.release();
        },
      };
    },
    async version() {
      // another version needs a restart, and that breaks the socket
      if (known && own.open && known.losses === own.losses) return known.version;
      const { losses } = own;
      const { system } = await api.systemStats();
      known = { version: system.comfyui_version ?? "unknown", losses };
      return known.version;
    },
    async close() {
      await Promise.all([...sockets.values()].map((socket) => socket.close()));
    },
  };
}
