/** `handle` behind a real HTTP server on loopback; the bearer token is the principal's id. */
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { silentLog } from "../../core/log.ts";
import { studioDoor } from "../door.ts";
import { createMcpHttp, type McpHttpOptions } from "../http.ts";
import { type ScriptedStudio, scriptedStudio } from "./scripted-studio.ts";

export interface TestServer {
  url: URL;
  studio: ScriptedStudio;
  /** Breaks every connection off. */
  cut(): void;
  close(): Promise<void>;
}

export async function startServer(options: Partial<McpHttpOptions> = {}): Promise<TestServer> {
  const studio = scriptedStudio();
  const mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1.2.3", log: silentLog, ...options });
  const server = createAdaptorServer({
    fetch: (request) => mcp.handle(request, { id: request.headers.get("authorization")?.replace("Bearer ", "") ?? "ann" }),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    if ("closeAllConnections" in server) server.closeAllConnections();
  };
  return {
    cut,
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
    studio,
    async close() {
      await mcp.close();
      await new Promise((resolve) => {
        server.close(resolve);
        cut();
      });
    },
  };
}
