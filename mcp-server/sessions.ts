/** Sessions of the 2025 era: made by an initialize only, bound to one principal, capped, swept when nobody uses them; their streams can be taken up again. */
import { randomUUID } from "node:crypto";
import { isInitializeRequest, type McpServer, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Log } from "../core/log.ts";
import type { Principal } from "../core/principal.ts";
import { createEventStore } from "./event-store.ts";
import { inOnePiece } from "./in-one-piece.ts";
import { refusal } from "./refusal.ts";
import { whenEnded } from "./when-ended.ts";

export interface SessionLimits {
  /** Sessions at once. Default 100. */
  max: number;
  /** Milliseconds without any request or stream after which a session ends. Default 30 minutes. */
  idleMs: number;
  /** Milliseconds between sweeps. Default 1 minute. */
  sweepMs: number;
  /** Milliseconds between two looks whether a session's key was revoked. Default 5 seconds. */
  stillMs: number;
  now(): number;
}

interface Session {
  id: string;
  principal: string;
  /** What whoever began it may do: its tools were made for that, and a key that may do more or less begins its own. */
  scopes: string;
  server: McpServer;
  transport: WebStandardStreamableHTTPServerTransport;
  lastUsed: number;
  /** Requests and streams that have not ended: such a session is taken away only for somebody who has at least two fewer. */
  open: number;
  /** Whether the key by which it was used last still opens the door. */
  still?: (() => Promise<boolean>) | undefined;
}

export interface Sessions {
  handle(request: Request, parsedBody: unknown, principal: Principal, still?: () => Promise<boolean>): Promise<Response>;
  readonly size: number;
  close(): Promise<void>;
}

/** Milliseconds after which a client whose stream broke off is asked to come back. */
const retryMs = 1000;

const scopesOf = ({ scopes }: Principal): string => [...(scopes ?? ["admin"])].sort().join(" ");

export function createSessions(
  serve: (principal: Principal, request: Request) => McpServer,
  { log, max = 100, idleMs = 30 * 60_000, sweepMs = 60_000, stillMs = 5000, now = Date.now }: Partial<SessionLimits> & { log: Log },
): Sessions {
  const sessions = new Map<string, Session>();
  const report = (error: Error): void => log.debug({ err: error }, "MCP session");

  const end = (session: Session): void => {
    if (!sessions.delete(session.id)) return;
    session.server.close().catch(report);
  };
  const idle = (): Session[] => [...sessions.values()].filter((session) => session.open === 0);
  const sweep = (): void => {
    for (const session of idle()) if (now() - session.lastUsed > idleMs) end(session);
  };
  /** Ends the sessions of revoked keys, with their streams; jobs go on. A database that cannot tell takes no key back. */
  const endRevoked = (): void => {
    for (const session of sessions.values())
      session.still?.().then((allowed) => {
        if (!allowed) end(session);
      }, report);
  };
  const timers = [setInterval(sweep, sweepMs), setInterval(endRevoked, stillMs)];
  for (const timer of timers) timer.unref();

  /** Clients that never say goodbye make room for others: of whoever holds the most sessions, the one unused the longest goes. Nobody keeps others out by streams that they hold open. */
  const makeRoom = (principal: Principal): boolean => {
    if (sessions.size < max) return true;
    sweep();
    if (sessions.size < max) return true;
    const held = new Map<string, number>();
    for (const { principal } of sessions.values()) held.set(principal, (held.get(principal) ?? 0) + 1);
    const rank = (session: Session) => held.get(session.principal) ?? 0;
    const more = (held.get(principal.id) ?? 0) + 1;
    const [victim] = [...sessions.values()]
      .filter((session) => session.open === 0 || rank(session) > more)
      .sort((a, b) => Math.sign(a.open) - Math.sign(b.open) || rank(b) - rank(a) || a.lastUsed - b.lastUsed);
    if (victim) end(victim);
    return victim !== undefined;
  };

  const open = async (principal: Principal, request: Request): Promise<Session> => {
    const id = randomUUID();
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      eventStore: createEventStore(),
      retryInterval: retryMs,
    });
    const server = serve(principal, request);
    const session: Session = { id, principal: principal.id, scopes: scopesOf(principal), server, transport, lastUsed: now(), open: 1 };
    server.server.onerror = report;
    const closed = server.server.onclose;
    server.server.onclose = () => {
      closed?.();
      sessions.delete(id);
    };
    sessions.set(id, session);
    await server.connect(transport);
    return session;
  };

  const find = async (request: Request, parsedBody: unknown, principal: Principal): Promise<Session | Response> => {
    const id = request.headers.get("mcp-session-id");
    if (id) {
      const session = sessions.get(id);
      // a stranger learns nothing: another's session is answered as one that never was
      if (session?.principal !== principal.id || session.scopes !== scopesOf(principal)) return refusal(404, -32001, "Session not found");
      session.open += 1;
      return session;
    }
    if (!["GET", "POST", "DELETE"].includes(request.method))
      return refusal(405, -32000, "Method not allowed.", { allow: "GET, POST, DELETE" });
    if (!isInitializeRequest(parsedBody))
      return refusal(400, -32000, "There is no session: send initialize first, then its Mcp-Session-Id with every request.");
    if (!makeRoom(principal))
      return refusal(503, -32000, `All ${max} sessions are in use. End one with DELETE, or try again in a minute.`, {
        "retry-after": "60",
      });
    return open(principal, request);
  };

  return {
    async handle(request, parsedBody, principal, still) {
      const session = await find(request, parsedBody, principal);
      if (session instanceof Response) return session;
      session.still = still;
      const done = (): void => {
        session.open -= 1;
        session.lastUsed = now();
      };
      try {
        const answer = await session.transport.handleRequest(request, parsedBody === undefined ? {} : { parsedBody });
        const response = request.method === "POST" ? await inOnePiece(answer) : answer;
        // an initialize that was refused leaves nothing behind
        if (session.transport.sessionId === undefined) end(session);
        return whenEnded(response, done);
      } catch (error) {
        done();
        throw error;
      }
    },
    get size() {
      return sessions.size;
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      const all = [...sessions.values()];
      sessions.clear();
      await Promise.all(all.map((session) => session.server.close().catch(report)));
    },
  };
}
