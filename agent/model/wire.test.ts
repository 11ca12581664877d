/** The way to a chat server: what each kind of trouble on it is called. */
import { afterEach, expect, it, vi } from "vitest";
import { Failure } from "../../core/failure.ts";
import { openWire, saidBy } from "./wire.ts";

afterEach(() => vi.unstubAllGlobals());

const open = (signal = new AbortController().signal) =>
  openWire({
    signal,
    patience: 60_000,
    refused: (cause) => new Failure("model_unavailable", "refused", { cause }),
    stuck: (seconds) => new Failure("model_unavailable", `silent for ${seconds} s`),
    rejected: (status, said) => new Failure("model_failed", `${status}: ${said}`),
  });

it.each([
  ["UND_ERR_HEADERS_TIMEOUT", "silent for 300 s"],
  ["ECONNREFUSED", "refused"],
])("%s is %s", async (code, message) => {
  vi.stubGlobal("fetch", async () => {
    throw Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error(code), { code }) });
  });
  const wire = open();
  await expect(wire.fetch("http://127.0.0.1:9")).rejects.toThrow(message);
  expect(wire.failure()?.message).toBe(message);
  wire.end();
});

it("quotes a server in one short line", async () => {
  expect(await saidBy(new Response(JSON.stringify({ error: "model\n  'x' not found" })))).toBe("model 'x' not found");
  expect(await saidBy(new Response(JSON.stringify({ error: { message: "no" } })))).toBe("no");
  expect(await saidBy(new Response("x".repeat(1000)))).toHaveLength(200);
});
