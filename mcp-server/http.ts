/** MCP over HTTP at one path, for both protocol eras. Host, Origin and key are checked by the HTTP app before a request comes here. */
import { createMcpHandler, isJsonContentType, isLegacyRequest, type McpServerFactory, readRequestBody } from "@modelcontextprotocol/server";
import type { Log } from "../core/log.ts";
import type { Principal } from "../core/principal.ts";
import { createMcpServer } from "./create-server.ts";
import type { Door } from "./door.ts";
import type { Era, RegisterExtras } from "./extras.ts";
import { inOnePiece } from "./in-one-piece.ts";
import { isListenRequest } from "./listen.ts";
import { createListening, type ListenLimits } from "./listen-http.ts";
import { refusal } from "./refusal.ts";
import { createSessions, type SessionLimits } from "./sessions.ts";

export interface McpHttpOptions {
  door(principal: Principal): Door;
  version: string;
  log: Log;
  /** Where people reach this server. Default: the address that the client used. */
  origin?(request: Request): string;
  /** Bytes of a request body. Default 1 000 000. */
  maxBody?: number;
  sessions?: Partial<SessionLimits>;
  listening?: Partial<ListenLimits>;
  heartbeatMs?: number;
  /** Only for a harness. */
  extras?: RegisterExtras | undefined;
}

export interface Caller {
  /** Whether the key that the principal came by still opens the door: a session ends with the key that used it last. */
  still?: () => Promise<boolean>;
  /** The answer to a message that they may not send. */
  refuse?: (message: unknown) => Response | undefined;
}

export interface McpHttp {
  /** Answers one request of an already authenticated principal. Never throws. */
  handle(request: Request, principal: Principal, caller?: Caller): Promise<Response>;
  /** Ends every session and exchange; no job. */
  close(): Promise<void>;
}

type Body = { parsed: unknown } | { refused: Response };

/** One that states its length is never longer: the HTTP parser sees to that, and gives it whole, without a stream of streams. */
async function textWithin(request: Request, maxBody: number): Promise<{ tooLarge: true } | { tooLarge: false; text: string }> {
  const stated = Number(request.headers.get("content-length") ?? Number.NaN);
  return stated <= maxBody ? { tooLarge: false, text: await request.text() } : readRequestBody(request, maxBody);
}

async function readBody(request: Request, maxBody: number): Promise<Body> {
  if (!isJsonContentType(request.headers.get("content-type")))
    return { refused: refusal(415, -32000, "Unsupported media type: send JSON-RPC as application/json.") };
  try {
    const body = await textWithin(request, maxBody);
    if (body.tooLarge) return { refused: refusal(413, -32000, `The request is too large: at most ${maxBody} bytes are taken.`) };
    return { parsed: JSON.parse(body.text) as unknown };
  } catch {
    return { refused: refusal(400, -32700, "Parse error: the request body is not valid JSON.") };
  }
}

export function createMcpHttp(options: McpHttpOptions): McpHttp {
  const { log, maxBody = 1_000_000 } = options;
  const report = (error: Error): void => log.debug({ err: error }, "MCP over HTTP");
  const serve = (era: Era, principal: Principal, request: Request | undefined) => {
    const origin = request && (options.origin?.(request) ?? new URL(request.url).origin);
    return createMcpServer(options.door(principal), {
      version: options.version,
      era,
      log,
      extras: options.extras,
      ...(origin ? { origin: () => origin } : {}),
      ...(options.heartbeatMs ? { heartbeatMs: options.heartbeatMs } : {}),
    });
  };
  const factory: McpServerFactory = ({ authInfo, requestInfo }) =>
    serve("modern", authInfo?.extra?.["principal"] as unknown as Principal, requestInfo);
  const modern = createMcpHandler(factory, { legacy: "reject", onerror: report, maxRequestBodySize: maxBody });
  const listening = createListening(factory, { onerror: report, ...options.listening });
  const sessions = createSessions((principal, request) => serve("legacy", principal, request), { log, ...options.sessions });

  return {
    async handle(request, principal, { still, refuse } = {}) {
      try {
        if (request.method !== "POST") return await sessions.handle(request, undefined, principal, still);
        const body = await readBody(request, maxBody);
        if ("refused" in body) return body.refused;
        const refused = refuse?.(body.parsed);
        if (refused) return refused;
        if (await isLegacyRequest(request, body.parsed)) return await sessions.handle(request, body.parsed, principal, still);
        // the SDK's own way to carry who asks from the request to the factory
        const authInfo = { token: "", clientId: principal.id, scopes: [], extra: { principal } };
        if (isListenRequest(body.parsed))
          return await listening.handle(request, body.parsed, { principal, door: options.door(principal), authInfo });
        return await inOnePiece(await modern.fetch(request, { parsedBody: body.parsed, authInfo }));
      } catch (error) {
        log.error({ err: error }, "an MCP request failed");
        return refusal(500, -32603, "Something unexpected went wrong; the server log has the details.");
      }
    },
    async close() {
      await Promise.all([modern.close(), listening.close(), sessions.close()]);
    },
  };
}
