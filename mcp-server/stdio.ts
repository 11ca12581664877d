/** MCP over standard input and output, for both protocol eras: a thin client of the running studio that loads nothing of the server. */
import type { Readable, Writable } from "node:stream";
import type { McpServer, McpServerFactory } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio as serve } from "@modelcontextprotocol/server/stdio";
import { type Log, silentLog } from "../core/log.ts";
import { createMcpServer } from "./create-server.ts";
import type { Door } from "./door.ts";
import { followListens } from "./listen-stdio.ts";
import { claimStdout } from "./stdout.ts";

export interface StdioOptions {
  version: string;
  /** Default: standard input. */
  input?: Readable;
  /** Default: standard output, which is then closed to everything else. */
  output?: Writable;
  /** Where a browser reaches the studio now. */
  origin?(): string | undefined;
  heartbeatMs?: number;
  /** Must not write to standard output. */
  log?: Log;
}

/** Resolves when the client has closed its end. What it was waiting for goes on in the studio. */
export async function serveStdio(door: Door, options: StdioOptions): Promise<void> {
  const { input = process.stdin, output = claimStdout(), log = silentLog, ...rest } = options;
  await new Promise<void>((resolve) => {
    const transport = new StdioServerTransport(input, output);
    const onerror = (error: Error): void => log.warn({ err: error }, "MCP over stdio");
    let current: McpServer | undefined;
    const factory: McpServerFactory = ({ era }) => {
      current = createMcpServer(door, { ...rest, era, log });
      return current;
    };
    serve(factory, { transport, onerror });
    followListens(transport, door, (uri) => void current?.server.sendResourceUpdated({ uri }).catch(onerror));
    const ended = transport.onclose;
    transport.onclose = () => {
      ended?.();
      resolve();
    };
  });
}
