/** The network between the function and our server, as a TCP proxy that a test cuts, heals, or stops at a request of its choice. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Connections break and none comes to be; or they stay open and nothing passes. */
export type Cut = "reset" | "silence";

export interface Halt {
  /** True when the request is there and held, false when `ms` passed before. */
  reached(ms: number): Promise<boolean>;
  /** Lets what is held go on its way. */
  release(): void;
}

export interface Network {
  readonly url: string;
  cut(kind: Cut): void;
  /** Also lets go what is held. */
  heal(): void;
  /** Holds the `count`th request whose first line matches, or the `count`th piece of answers to such, also to those asked before. One at a time. */
  haltAt(line: RegExp, side: "request" | "answer", count: number): Halt;
  end(): Promise<void>;
}

interface Wish {
  line: RegExp;
  side: "request" | "answer";
  left: number;
  reached: () => void;
  go: Promise<void>;
}

const firstLine = (chunk: Buffer): string | undefined =>
  /^(?:GET|POST|HEAD|DELETE) \S+ HTTP/.exec(chunk.subarray(0, 500).toString("latin1"))?.[0];

export async function openNetwork(target: string): Promise<Network> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<[Socket, Socket]>();
  let broken = false;
  let quiet: Promise<void> | undefined;
  let speak = (): void => {};
  let wish: Wish | undefined;
  let letGo = (): void => {};

  async function pump(from: Socket, to: Socket, hold: (chunk: Buffer) => Promise<void> | undefined): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await hold(chunk);
        await quiet;
        if (to.destroyed) return;
        if (!to.write(chunk)) await Promise.race([once(to, "drain"), once(to, "close")]);
      }
      await quiet;
      to.end();
    } catch {
      await quiet;
      to.destroy();
    }
  }

  const server = createServer({ allowHalfOpen: true }, (near) => {
    near.on("error", () => undefined);
    if (broken) return void near.resetAndDestroy();
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    far.on("error", () => near.resetAndDestroy());
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.once("close", () => {
      pairs.delete(pair);
      // what nobody hears any more is not said: our server learns that the function is gone
      void (quiet ?? Promise.resolve()).then(() => far.destroy());
    });
    let asked = "";
    const held = (side: Wish["side"], line: string): Promise<void> | undefined => {
      if (wish?.side !== side || !wish.line.test(line) || --wish.left > 0) return undefined;
      const { reached, go } = wish;
      wish = undefined;
      reached();
      return go;
    };
    void pump(near, far, (chunk) => {
      const line = firstLine(chunk);
      if (line) asked = line;
      return line ? held("request", line) : undefined;
    });
    void pump(far, near, () => held("answer", asked));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  const network: Network = {
    url: `http://127.0.0.1:${address.port}`,
    cut(kind) {
      if (kind === "silence") {
        quiet ??= new Promise((resolve) => {
          speak = resolve;
        });
        return;
      }
      broken = true;
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    },
    heal() {
      broken = false;
      quiet = undefined;
      letGo();
      speak();
    },
    haltAt(line, side, count) {
      let release = (): void => {};
      const go = new Promise<void>((resolve) => {
        release = resolve;
      });
      letGo = () => {
        wish = undefined;
        release();
      };
      const there = new Promise<true>((resolve) => {
        wish = { line, side, left: count, reached: () => resolve(true), go };
      });
      return {
        async reached(ms) {
          let timer: NodeJS.Timeout | undefined;
          const late = new Promise<false>((resolve) => {
            timer = setTimeout(resolve, ms, false);
          });
          const held = await Promise.race([there, late]);
          clearTimeout(timer);
          return held;
        },
        release: letGo,
      };
    },
    async end() {
      network.heal();
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return network;
}
