/** The small streams under the routes: bodies that stall, events that wait. */
import { Hono } from "hono";
import { expect, it } from "vitest";
import { silentLog } from "../core/log.ts";
import { chunksOf } from "./body.ts";
import type { Env } from "./env.ts";
import { eventStream, type ServerEvent } from "./sse.ts";
import { until } from "./testing/app-parts.ts";

it("lets go of a body whose sender is silent", async () => {
  let canceled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(3)),
    cancel: () => {
      canceled = true;
    },
  });
  const chunks = chunksOf(new Request("http://localhost/", { method: "POST", body, duplex: "half" } as RequestInit), 20);
  expect((await chunks.next()).value).toHaveLength(3);
  await expect(chunks.next()).rejects.toMatchObject({ status: 408, code: "timeout" });
  await until(() => canceled, "the body is let go");
});

/** An app with one stream that says `count` words, as fast as it is asked, and then waits for its end. */
function app(count: number, silence?: number) {
  const seen = { made: 0, ended: false };
  const hono = new Hono<Env>().get("/", (c) =>
    eventStream(
      c,
      silentLog,
      async function* (signal): AsyncGenerator<ServerEvent> {
        try {
          while (seen.made < count) yield { event: "word", data: seen.made++ };
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        } finally {
          seen.ended = true;
        }
      },
      silence,
    ),
  );
  return { hono, seen };
}

it("keeps a quiet stream alive with comments", async () => {
  const { hono } = app(0, 5);
  const reader = (await hono.request("/")).body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split(": keep-alive\n\n").length < 4) text += (await reader?.read())?.value ?? "";
  await reader?.cancel();
  expect(text).toMatch(/^retry: 1000\n\n(: keep-alive\n\n){3}/);
});

it("makes events only as fast as they are read", async () => {
  const { hono, seen } = app(1000);
  const reader = (await hono.request("/")).body?.getReader();
  for (let n = 0; n < 5; n++) await reader?.read();
  expect(seen.made).toBeLessThan(10);
  await reader?.cancel();
  await until(() => seen.ended, "its source ends");
});

it("begins nothing for HEAD", async () => {
  const { hono, seen } = app(1);
  const response = await hono.request("/", { method: "HEAD" });
  expect([response.headers.get("content-type"), response.body, seen.made]).toEqual(["text/event-stream", null, 0]);
});

it("ends when the server is about to", async () => {
  const closing = new AbortController();
  const { hono, seen } = app(1);
  const reader = (await hono.request("/", {}, { closing: closing.signal })).body?.pipeThrough(new TextDecoderStream()).getReader();
  expect([(await reader?.read())?.value, (await reader?.read())?.value]).toEqual(["retry: 1000\n\n", "event: word\ndata: 0\n\n"]);
  closing.abort();
  expect((await reader?.read())?.done).toBe(true);
  await until(() => seen.ended, "its source ends");
});
