/** A Redis of one test's own, which may be killed, started again and filled up. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface OwnRedis {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** For good. */
  end(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" && address ? address.port : 0;
}

export async function startRedis(persistent: boolean, more: string[] = []): Promise<OwnRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "spin-redis-"));
  let server: ChildProcess | undefined;
  const own: OwnRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const options = [
        "--bind",
        "127.0.0.1",
        "--port",
        `${port}`,
        "--dir",
        folder,
        "--save",
        "",
        "--appendonly",
        persistent ? "yes" : "no",
        ...more,
      ];
      const started = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] });
      server = started;
      await new Promise<void>((ready, failed) => {
        started.once("exit", (code) => failed(new Error(`redis-server ended with ${code}`)));
        started.stdout.on("data", (text: Buffer) => {
          if (text.includes("Ready to accept connections")) ready();
        });
      });
    },
    async kill() {
      const dying = server;
      server = undefined;
      if (!dying) return;
      const gone = new Promise((exit) => dying.once("exit", exit));
      dying.kill("SIGKILL");
      await gone;
    },
    async end() {
      await own.kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await own.start();
  return own;
}
