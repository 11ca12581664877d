/** A TCP connection's way through this process, so that it can be cut, held up and swallowed between any two programs. */
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Wire {
  readonly port: number;
  /** Resets every connection of now, as a router that forgets does. */
  cut(): number;
  /** Nothing moves for `ms`, then everything goes on where it stood. */
  stall(ms: number): Promise<void>;
  /** What is sent for `ms` is lost without a word; then the connections are reset. */
  swallow(ms: number): Promise<void>;
  end(): Promise<void>;
}

interface Pair {
  near: Socket;
  far: Socket;
}

export async function createProxy(target: number): Promise<Wire> {
  const pairs = new Set<Pair>();
  const waiting = new Set<Socket>();
  let way: "open" | "still" | "hole" = "open";

  const flow = (from: Socket, to: Socket): void => {
    from.on("data", (bytes: Buffer) => {
      if (way === "hole") return;
      if (!to.write(bytes)) from.pause();
    });
    to.on("drain", () => {
      if (way !== "still") from.resume();
    });
    from.on("end", () => to.end());
  };

  const join = (near: Socket): void => {
    const far = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const pair = { near, far };
    pairs.add(pair);
    flow(near, far);
    flow(far, near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on("error", () => other.resetAndDestroy());
      socket.on("close", () => {
        pairs.delete(pair);
        other.destroySoon();
      });
    }
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    if (way === "open") return join(near);
    near.on("error", () => waiting.delete(near)).on("close", () => waiting.delete(near));
    waiting.add(near);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();

  const cut = (): number => {
    const open = [...pairs];
    pairs.clear();
    for (const { near, far } of open) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    return open.length;
  };

  return {
    port: typeof address === "object" && address ? address.port : 0,
    cut,
    async stall(ms) {
      if (way !== "open") return;
      way = "still";
      for (const { near, far } of pairs) {
        near.pause();
        far.pause();
      }
      await sleep(ms);
      way = "open";
      for (const { near, far } of pairs) {
        near.resume();
        far.resume();
      }
      for (const near of waiting) {
        near.removeAllListeners();
        join(near);
      }
      waiting.clear();
    },
    async swallow(ms) {
      if (way !== "open") return;
      way = "hole";
      await sleep(ms);
      cut();
      for (const near of waiting) near.resetAndDestroy();
      waiting.clear();
      way = "open";
    },
    async end() {
      const closed = new Promise((done) => server.close(done));
      cut();
      for (const near of waiting) near.destroy();
      await closed;
    },
  };
}
