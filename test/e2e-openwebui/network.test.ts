/** The harness's own network: what it cuts is cut, what it holds is held, and what it heals goes on. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Network, openNetwork } from "./network.ts";

let server: Server;
let network: Network;
let seen: string[];

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end("here");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  network = await openNetwork(`http://127.0.0.1:${address.port}`);
});

afterEach(async () => {
  await network.end();
  server.closeAllConnections();
  server.close();
});

const ask = async (path: string) => (await fetch(network.url + path, { headers: { connection: "close" } })).text();
const state = async (work: Promise<unknown>) =>
  Promise.race([work.then(() => "over"), new Promise((resolve) => setTimeout(resolve, 150, "open"))]);

test("it passes on what it is given, until it is cut, and again when it is healed", async () => {
  expect(await ask("/a")).toBe("here");
  network.cut("reset");
  await expect(ask("/b")).rejects.toThrow();
  network.heal();
  expect(await ask("/c")).toBe("here");
  expect(seen).toEqual(["GET /a", "GET /c"]);
});

test("a silent network loses nothing: what was sent arrives when it is healed", async () => {
  network.cut("silence");
  const asked = ask("/a");
  expect(await state(asked)).toBe("open");
  expect(seen).toEqual([]);
  network.heal();
  expect(await asked).toBe("here");
});

test.each([
  ["request", 1],
  ["answer", 2],
] as const)("it holds the second matching %s", async (side, arrived) => {
  const halt = network.haltAt(/^GET \/yes/, side, 2);
  await ask("/yes/1");
  await ask("/no");
  const asked = ask("/yes/2");
  expect(await halt.reached(5000)).toBe(true);
  expect(await state(asked)).toBe("open");
  expect(seen.filter((line) => line.startsWith("GET /yes"))).toHaveLength(arrived);
  halt.release();
  expect(await asked).toBe("here");
});

test("what never comes is told after the given time, and nothing is held afterwards", async () => {
  const halt = network.haltAt(/^GET \/yes/, "request", 1);
  expect(await halt.reached(20)).toBe(false);
  halt.release();
  expect(await ask("/yes/1")).toBe("here");
});
