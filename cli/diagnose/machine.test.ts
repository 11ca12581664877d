/** This machine: the port and who has it, the disk. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { disk, portRow, roomRow } from "./machine.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function taken(says: string): Promise<number> {
  const server = createServer((_, response) => response.end(says));
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return (server.address() as AddressInfo).port;
}

it("a port that was set and is taken does not work, and who has it is told", async () => {
  const other = await taken("hello");
  expect(await portRow("127.0.0.1", other, true)).toEqual({
    ...{ part: "Port", state: "down", what: `${other} is taken by another program` },
    fix: "Stop it, or set MYSPINBOT_PORT to another port",
  });
  const ours = await taken('{"status":"ok","name":"myspinbot"}');
  expect(await portRow("127.0.0.1", ours, false)).toMatchObject({
    state: "info",
    what: `${ours} is taken by another MySpinBot; the studio takes a free one`,
  });
});

it("a free port is nothing to tell, an address that this machine lacks is", async () => {
  const port = await taken("");
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
  expect(await portRow("127.0.0.1", port, true)).toBeUndefined();
  expect(await portRow("127.0.0.1", 0, true)).toBeUndefined();
  expect(await portRow("192.0.2.77", 4417, false)).toMatchObject({ state: "down", fix: expect.stringContaining("MYSPINBOT_HOST") });
});

it("a disk that is nearly full is told before it is full", async () => {
  expect(roomRow(5e9, "/data")).toBeUndefined();
  expect(roomRow(4.9e9, "/data")).toMatchObject({ state: "info", what: "4.9 GB are free at /data" });
  expect(roomRow(1e9, "/mnt/x", "MYSPINBOT_FILES")?.fix).toContain("set MYSPINBOT_FILES to another disk");
  expect(roomRow(1e8, "/data")).toMatchObject({ state: "down", fix: expect.stringContaining("MYSPINBOT_DATA") });
  expect(await disk("/nowhere/at/all")).toBeUndefined();
});
