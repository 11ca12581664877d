/** What is between two programs does with their connection what it says. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../harness/product.ts";
import { createProxy, type Wire } from "./proxy.ts";

let echo: Server;
let wire: Wire;
const sockets: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).pipe(socket);
  });
  await new Promise<void>((listening) => echo.listen(0, "127.0.0.1", listening));
  wire = await createProxy((echo.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await wire.end();
  await new Promise((closed) => echo.close(closed));
});

async function client(): Promise<{ socket: Socket; heard(): string; failed(): string | undefined }> {
  const socket = connect(wire.port, "127.0.0.1");
  let text = "";
  let code: string | undefined;
  socket.on("data", (bytes) => {
    text += bytes;
  });
  socket.on("error", (error) => {
    code = (error as NodeJS.ErrnoException).code;
  });
  sockets.push(socket);
  await once(socket, "connect");
  socket.write("one ");
  await until(() => text === "one ", "the echo comes");
  return { socket, heard: () => text, failed: () => code };
}

test("a cut resets both ends, and the next connection works", async () => {
  const { failed } = await client();
  expect(wire.cut()).toBe(1);
  await until(() => failed() === "ECONNRESET", "the reset is felt");
  await client();
});

test("what is held up comes afterwards, in order and whole, old connections and new ones alike", async () => {
  const { socket, heard, failed } = await client();
  const held = wire.stall(300);
  socket.write("two ");
  const late = connect(wire.port, "127.0.0.1");
  sockets.push(late);
  let answer = "";
  late.on("data", (bytes) => {
    answer += bytes;
  });
  late.write("new");
  socket.write("three");
  expect(heard()).toBe("one ");
  await held;
  await until(() => heard() === "one two three" && answer === "new", "everything comes");
  expect(failed()).toBeUndefined();
});

test("what is swallowed never comes, and the connection ends in a reset", async () => {
  const { socket, heard, failed } = await client();
  const lost = wire.swallow(300);
  socket.write("two");
  await lost;
  await until(() => failed() === "ECONNRESET", "the reset is felt");
  expect(heard()).toBe("one ");
  await client();
});
