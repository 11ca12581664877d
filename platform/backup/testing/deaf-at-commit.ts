/** A way to a database on which the answer to a commit is lost: it is done there, and who asked for it never hears. */

import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";

export interface DeafAtCommit {
  url: string;
  /** Commits that were done without being told so. */
  lost(): number;
  stop(): Promise<void>;
}

/** @param url of the database, by TCP. */
export async function deafAtCommit(url: string): Promise<DeafAtCommit> {
  const there = new URL(url);
  let lost = 0;
  const proxy = createServer((client) => {
    const server = connect(Number(there.port || 5432), there.hostname);
    let committing = false;
    client.on("data", (bytes) => {
      committing ||= bytes.includes("commit\0");
      server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (!committing) return void client.write(bytes);
      // its answer is there, so the rows are
      lost++;
      server.destroy();
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.on("error", () => undefined).on("close", () => other.destroy());
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  const here = new URL(url);
  here.hostname = "127.0.0.1";
  here.port = String((proxy.address() as AddressInfo).port);
  return { url: here.href, lost: () => lost, stop: () => new Promise((stopped) => proxy.close(() => stopped())) };
}
