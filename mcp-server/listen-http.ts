/** Listen streams over HTTP: each follows its jobs with a bus of its own, so that nobody hears of another's, and ends them with itself. */
import { type AuthInfo, createMcpHandler, type McpServerFactory } from "@modelcontextprotocol/server";
import type { Principal } from "../core/principal.ts";
import type { Door } from "./door.ts";
import { createJobWatches } from "./job-watches.ts";
import { honoured, type ListenRequest } from "./listen.ts";

export interface ListenLimits {
  /** Streams at once. Default 200. */
  max: number;
  /** Streams of one person at once. Default 20. */
  maxEach: number;
  /** Jobs that one stream follows. Default 32. */
  maxJobs: number;
}

interface Asking {
  principal: Principal;
  door: Door;
  authInfo: AuthInfo;
}

export interface Listening {
  handle(request: Request, message: ListenRequest, asking: Asking): Promise<Response>;
  readonly size: number;
  close(): Promise<void>;
}

type Handler = ReturnType<typeof createMcpHandler>;

export function createListening(
  factory: McpServerFactory,
  { onerror, max = 200, maxEach = 20, maxJobs = 32 }: Partial<ListenLimits> & { onerror(error: Error): void },
): Listening {
  const open = new Map<Handler, string>();
  const full = (principal: string): boolean => {
    const own = [...open.values()].filter((holder) => holder === principal).length;
    return open.size >= max || own >= maxEach;
  };
  return {
    async handle(request, message, { principal, door, authInfo }) {
      const narrowed = await honoured(message, door, maxJobs);
      const handler: Handler = createMcpHandler(factory, {
        legacy: "reject",
        onerror,
        // none: refused by the SDK, in the protocol's words
        maxSubscriptions: full(principal.id) ? 0 : 1,
        bus: {
          publish() {},
          subscribe(listener) {
            const watches = createJobWatches(door, (uri) => listener({ kind: "resource_updated", uri }), { max: maxJobs });
            for (const uri of narrowed.params.notifications.resourceSubscriptions) watches.add(uri).catch(onerror);
            open.set(handler, principal.id);
            return () => {
              watches.close();
              open.delete(handler);
            };
          },
        },
      });
      return handler.fetch(request, { parsedBody: narrowed, authInfo });
    },
    get size() {
      return open.size;
    },
    async close() {
      await Promise.all([...open.keys()].map((handler) => handler.close()));
    },
  };
}
