/** Spans on their way to a collector that drips, refuses one of several batches, or has more to take at the end than goes out at once. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import type { Log } from "../../core/log.ts";
import type { OutboxOptions } from "./outbox.ts";
import { createTracing, type OtelTracing } from "./tracing.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const reasons: unknown[] = [];

function tracingTo(endpoint: string, more: Partial<OutboxOptions> = {}): OtelTracing {
  const warn = (facts: object) => void reasons.push((facts as { why?: unknown }).why);
  const log: Log = { debug() {}, info() {}, warn, error() {}, child: () => log };
  const tracing = createTracing({ ...{ endpoint, headers: {}, log, service: "test", version: "1", ratio: 1 }, ...more });
  ends.push(() => tracing.close(0));
  return tracing;
}

async function collector(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => answer(response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function until(so: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !so(); await sleep(10)) if (Date.now() > deadline) throw new Error("it never came to this");
}

const make = (tracing: OtelTracing, count: number): void => {
  for (let left = count; left > 0; left--) tracing.begin("chat").end();
};

it("an answer that drips costs its own batch, and holds no place for ever", async () => {
  let [well, taken] = [false, 0];
  const url = await collector((response) => {
    if (well) return void response.end("{}", () => taken++);
    response.writeHead(200);
    const dripping = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(dripping));
  });
  const tracing = tracingTo(url, { patienceMs: 100, everyMs: 10 });
  // more than there are places
  for (let batch = 1; batch <= 12; batch++) {
    make(tracing, 1);
    await until(() => tracing.dropped() === batch);
  }
  well = true;
  make(tracing, 1);
  await until(() => taken === 1);
  expect(tracing.dropped()).toBe(12);
});

it("a batch that is refused at the end takes no other with it", async () => {
  let asked = 0;
  const url = await collector((response) => {
    if (++asked === 3) return void response.writeHead(400).end();
    setTimeout(() => response.end("{}"), 200);
  });
  const tracing = tracingTo(url, { everyMs: 3_600_000 });
  make(tracing, 2000);
  await tracing.close(20_000);
  expect(asked).toBe(4);
  expect([512, 2000 - 3 * 512]).toContain(tracing.dropped());
});

it("at the end all that may wait goes out, also beside a batch that is on its way", async () => {
  let asked = 0;
  const held: ServerResponse[] = [];
  let hold = true;
  const url = await collector((response) => {
    asked++;
    if (hold) held.push(response);
    else response.end("{}");
  });
  const tracing = tracingTo(url, { everyMs: 3_600_000, patienceMs: 20_000 });
  make(tracing, 512);
  await until(() => asked === 1);
  make(tracing, 4096);
  const closing = tracing.close(20_000);
  await until(() => asked > 1);
  hold = false;
  for (const response of held) response.end("{}");
  await closing;
  expect([asked, tracing.dropped()]).toEqual([9, 0]);
});

it("an address is https however it is written", async () => {
  reasons.length = 0;
  const tracing = tracingTo("HTTPS://127.0.0.1:9", { patienceMs: 100, everyMs: 10 });
  make(tracing, 1);
  await until(() => tracing.dropped() === 1);
  expect(reasons).toEqual(["ECONNREFUSED"]);
});
