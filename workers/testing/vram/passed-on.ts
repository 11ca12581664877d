/** A door to an Ollama that writes down what goes through it: what one asker of several caused. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export async function passedOn(target: string): Promise<{ url: string; readonly paths: string[]; close(): Promise<void> }> {
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    paths.push(request.url ?? "");
    const body = await buffer(request);
    try {
      const answer = await fetch(`${target}${request.url}`, { method: request.method ?? "GET", ...(body.length > 0 ? { body } : {}) });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
      response.end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
