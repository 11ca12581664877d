/** Stands between a client and the studio, passes everything on, and notes which protocol they spoke and which tools were called. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Seen, Studio } from "./seen.ts";

interface Message {
  method?: string;
}

export interface Listener {
  /** The same studio, as the client is to reach it. */
  studio: Studio;
  heard(): Pick<Seen, "era" | "calls">;
  close(): Promise<void>;
}

export async function listenBetween(studio: Studio): Promise<Listener> {
  const heard = { era: "", calls: 0 };
  const server = createServer(async (asked, answer) => {
    const pieces: Buffer[] = [];
    for await (const piece of asked) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const era = asked.headers["mcp-protocol-version"];
    if (asked.method === "POST" && asked.url === "/mcp") {
      const { method } = JSON.parse(body.toString() || "{}") as Message;
      if (method === "tools/call") heard.calls++;
      // a question which version the other side knows settles nothing
      if (typeof era === "string" && method !== "server/discover") heard.era = era;
    }
    const passed = request(`${studio.url}${asked.url}`, { method: asked.method ?? "GET", headers: asked.headers }, (come) => {
      answer.writeHead(come.statusCode ?? 502, come.headers);
      come.pipe(answer);
    });
    passed.once("error", () => answer.destroy());
    answer.once("close", () => passed.destroy());
    passed.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    studio: { ...studio, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    heard: () => ({ ...heard }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
