import { expect, it } from "vitest";
import { boundUrl } from "./bound-url.ts";

it.each([
  ["127.0.0.1", "http://127.0.0.1:80"],
  ["0.0.0.0", "http://127.0.0.1:80"],
  ["::", "http://[::1]:80"],
  ["[::]", "http://[::1]:80"],
  ["fd00::1", "http://[fd00::1]:80"],
  ["[fd00::1]", "http://[fd00::1]:80"],
  ["studio.lan", "http://studio.lan:80"],
])("what is bound to %s is reached at %s", (host, url) => {
  expect(boundUrl(host, 80)).toBe(url);
});
