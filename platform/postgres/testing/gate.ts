/** A way to the database that can be shut: what is under way is cut, what comes is refused, and everything that knocked is counted. */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Gate {
  /** The given address, through the gate. */
  url: string;
  /** Connections so far, also those that met a shut gate with somebody behind it. */
  knocks(): number;
  shut(): Promise<void>;
  open(): Promise<void>;
  /** Takes connections and hangs up at once, as a server that is going down. */
  slam(): void;
  close(): Promise<void>;
}

export async function gateTo(target: string): Promise<Gate> {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  let knocks = 0;
  let slammed = false;
  let server: Server | undefined;
  let port = 0;
  const keep = (socket: Socket, other?: Socket) => {
    sockets.add(socket);
    socket.on("error", () => other?.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      other?.destroy();
    });
  };
  const open = async () => {
    slammed = false;
    if (server) return;
    server = createServer((socket) => {
      knocks++;
      keep(socket);
      if (slammed) return socket.destroy();
      const through = connect(Number(to.port), to.hostname);
      keep(through, socket);
      socket.on("close", () => through.destroy());
      socket.pipe(through).pipe(socket);
    });
    await new Promise<void>((listening, failed) => server?.once("error", failed).listen(port, "127.0.0.1", listening));
    const address = server.address();
    port = typeof address === "object" && address ? address.port : 0;
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const shut = async () => {
    const last = server;
    server = undefined;
    const closed = new Promise<void>((done) => (last ? last.close(() => done()) : done()));
    cut();
    await closed;
  };
  await open();
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = `${port}`;
  const slam = () => {
    slammed = true;
    cut();
  };
  return { url: url.href, knocks: () => knocks, open, shut, slam, close: shut };
}
