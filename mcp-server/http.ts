/** MCP over HTTP at one path, for both protocol eras. Host, Origin and key are checked by the HTTP app before a request comes here. */
import { createMcpHandler, isJsonContentType, isLegacyRequest, readRequestBody } from "@modelcontextprotocol/server";
import type { Log } from "../core/log.ts";
import type { Principal } from "../core/principal.ts";
import { createMcpServer } from "./create-server.ts";
import type { Door } from "./door.ts";
import { refusal } from "./refusal.ts";
import { createSessions, type SessionLimits } from "./sessions.ts";

export interface McpHttpOptions {
  door(principal: Principal): Door;
  version: string;
  log: Log;
  /** Where people reach this server; without it links start with the address that the client used. */
  origin?: string;
  /** Bytes of a request body. Default 1 000 000. */
  maxBody?: number;
  sessions?: Partial<SessionLimits>;
  heartbeatMs?: number;
}

export interface McpHttp {
  /** Answers one request of an already authenticated principal. Never throws. */
  handle(request: Request, principal: Principal): Promise<Response>;
  /** Ends every session and exchange; no job. */
  close(): Promise<void>;
}

type Body = { parsed: unknown } | { refused: Response };

async function readBody(request: Request, maxBody: number): Promise<Body> {
  if (!isJsonContentType(request.headers.get("content-type")))
    return { refused: refusal(415, -32000, "Unsupported media type: send JSON-RPC as application/json.") };
  try {
    const body = await readRequestBody(request, maxBody);
    if (body.tooLarge) return { refused: refusal(413, -32000, `The request is too large: at most ${maxBody} bytes are taken.`) };
    return { parsed: JSON.parse(body.text) as unknown };
  } catch {
    return { refused: refusal(400, -32700, "Parse error: the request body is not valid JSON.") };
  }
}

export function createMcpHttp(options: McpHttpOptions): McpHttp {
  const { log, maxBody = 1_000_000 } = options;
  const report = (error: Error): void => log.debug({ err: error }, "MCP over HTTP");
  const serve = (era: "legacy" | "modern", principal: Principal, request: Request | undefined) => {
    const origin = options.origin ?? (request ? new URL(request.url).origin : undefined);
    return createMcpServer(options.door(principal), {
      version: options.version,
      era,
      log,
      ...(origin ? { origin: () => origin } : {}),
      ...(options.heartbeatMs ? { heartbeatMs: options.heartbeatMs } : {}),
    });
  };
  const modern = createMcpHandler(
    ({ authInfo, requestInfo }) => serve("modern", authInfo?.extra?.["principal"] as unknown as Principal, requestInfo),
    { legacy: "reject", onerror: report, maxRequestBodySize: maxBody },
  );
  const sessions = createSessions((principal, request) => serve("legacy", principal, request), { log, ...options.sessions });

  return {
    async handle(request, principal) {
      try {
        if (request.method !== "POST") return await sessions.handle(request, undefined, principal);
        const body = await readBody(request, maxBody);
        if ("refused" in body) return body.refused;
        if (await isLegacyRequest(request, body.parsed)) return await sessions.handle(request, body.parsed, principal);
        // the SDK's own way to carry who asks from the request to the factory
        const authInfo = { token: "", clientId: principal.id, scopes: [], extra: { principal } };
        return await modern.fetch(request, { parsedBody: body.parsed, authInfo });
      } catch (error) {
        log.error({ err: error }, "an MCP request failed");
        return refusal(500, -32603, "Something unexpected went wrong; the server log has the details.");
      }
    },
    async close() {
      await Promise.all([modern.close(), sessions.close()]);
    },
  };
}
