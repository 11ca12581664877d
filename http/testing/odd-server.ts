/** A server that does what the test says, to break off where the real one would not. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** @param ends called at the end of the test. @returns its address. */
export async function startOddServer(listener: RequestListener, ends: (() => Promise<unknown>)[]): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
