/** Where links start: at the public address, at what an own proxy says, and never at what a stranger says. */
import { expect, it } from "vitest";
import { originOf } from "./origin.ts";

const hosts = ["studio.example.org", "box.lan:8443"];

function origin(headers: Record<string, string>, url = "http://127.0.0.1:4417/mcp", publicUrl?: string): string {
  return originOf(new Request(url, { headers }), { hosts, ...(publicUrl ? { publicUrl } : {}) });
}

it.each([
  [{}, "http://127.0.0.1:4417"],
  [{ "x-forwarded-proto": "https" }, "https://127.0.0.1:4417"],
  [{ "x-forwarded-proto": "https, http", "x-forwarded-host": "Studio.example.org, 10.0.0.1" }, "https://studio.example.org"],
  [{ "x-forwarded-host": "box.lan:8443", "x-forwarded-proto": "HTTPS" }, "https://box.lan:8443"],
  [{ "x-forwarded-host": "studio.example.org:443", "x-forwarded-proto": "https" }, "https://studio.example.org"],
])("a proxy that says %j is believed: %s", (headers, expected) => {
  expect(origin(headers as Record<string, string>)).toBe(expected);
});

it.each([
  { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" },
  { "x-forwarded-host": "box.lan:9000", "x-forwarded-proto": "https" },
  { "x-forwarded-host": "studio.example.org@evil.example", "x-forwarded-proto": "https" },
  { "x-forwarded-host": "studio.example.org/x", "x-forwarded-proto": "https" },
  { "x-forwarded-host": "studio.example.org:99999" },
  { "x-forwarded-proto": "javascript" },
])("what says %j changes nothing", (headers) => {
  expect(origin(headers as Record<string, string>)).toBe("http://127.0.0.1:4417");
});

it("a request under a name that is not ours has no say in the scheme either", () => {
  expect(origin({ "x-forwarded-proto": "https" }, "http://evil.example/mcp")).toBe("http://evil.example");
});

it("the public address wins over both", () => {
  const headers = { "x-forwarded-host": "box.lan:8443", "x-forwarded-proto": "http" };
  expect(origin(headers, "http://localhost:4417/mcp", "https://studio.example.org")).toBe("https://studio.example.org");
});
