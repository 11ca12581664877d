/** A stream does not outlive the key that opened it; its jobs do. */
import { Hono } from "hono";
import { expect, it } from "vitest";
import { createAccessKeys } from "../core/access-keys.ts";
import { Failure } from "../core/failure.ts";
import { silentLog } from "../core/log.ts";
import { guard } from "./access.ts";
import type { Env } from "./env.ts";
import { eventStream, type ServerEvent } from "./sse.ts";
import { until } from "./testing/app-parts.ts";
import { memoryKeys } from "./testing/memory-keys.ts";

async function start() {
  const store = memoryKeys();
  const keys = createAccessKeys({ store, log: silentLog });
  const seen = { ended: false };
  const app = new Hono<Env>();
  app.use(guard({ hosts: [], keys, key: "the-key-of-the-configuration" }, false));
  app.get("/", (c) =>
    eventStream(
      c,
      silentLog,
      async function* (signal): AsyncGenerator<ServerEvent> {
        yield { event: "word", data: 1 };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        seen.ended = true;
      },
      5,
    ),
  );
  const open = async (token: string) => {
    const headers = { host: "localhost", authorization: `Bearer ${token}` };
    const response = await app.request("/", { headers }, { remote: "10.0.0.9" });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    /** Reads on until it is so, or the stream ends. */
    const read = async (enough: () => boolean): Promise<string> => {
      while (!enough()) {
        const next = await reader?.read();
        if (!next || next.done) break;
        text += next.value;
      }
      return text;
    };
    const beats = () => text.split(": keep-alive").length - 1;
    return { read, beats, cancel: () => reader?.cancel() };
  };
  return { keys, store, seen, open };
}

it("ends when its key is revoked, and says why", async () => {
  const { keys, seen, open } = await start();
  const { key, secret } = await keys.create({ name: "phone", principal: "june", scopes: ["jobs:read"] });
  const { read, beats } = await open(secret);
  await read(() => beats() >= 3);
  expect(seen.ended).toBe(false);
  await keys.revoke(key.id);
  const text = await read(() => false);
  expect(text).toMatch(/event: failure\ndata: .*"unauthorized".*revoked.*\n\n$/);
  expect(text.match(/event: failure/g)).toHaveLength(1);
  await until(() => seen.ended, "its source ends");
});

it("goes on while the database that could tell is away, and under the key of the configuration", async () => {
  const { keys, store, open } = await start();
  const { secret } = await keys.create({ name: "phone", principal: "june", scopes: ["jobs:read"] });
  const kept = await open(secret);
  await kept.read(() => kept.beats() >= 1);
  store.find = () => Promise.reject(new Failure("database_unavailable", "gone"));
  await kept.read(() => kept.beats() >= 5);
  expect(kept.beats()).toBeGreaterThanOrEqual(5);
  const configured = await open("the-key-of-the-configuration");
  await configured.read(() => configured.beats() >= 3);
  expect(configured.beats()).toBeGreaterThanOrEqual(3);
  await Promise.all([kept.cancel(), configured.cancel()]);
});
