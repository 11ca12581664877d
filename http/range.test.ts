/** Ranges, conditions and names in headers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { disposition } from "./file-headers.ts";
import { matches, rangeOf } from "./range.ts";

describe("one byte range", () => {
  it.each([
    ["bytes=0-9", { start: 0, end: 9 }],
    ["bytes=90-", { start: 90, end: 99 }],
    ["bytes=90-500", { start: 90, end: 99 }],
    ["bytes=-10", { start: 90, end: 99 }],
    ["bytes=-500", { start: 0, end: 99 }],
    ["bytes=99-99", { start: 99, end: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=9-3", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,5-6", undefined],
    ["lines=0-1", undefined],
    ["bytes=a-b", undefined],
    [undefined, undefined],
  ])("%j of 100 bytes", (header, wanted) => expect(rangeOf(header, 100)).toEqual(wanted));
  it("of an empty file cannot be", () => expect(rangeOf("bytes=0-0", 0)).toBe("unsatisfiable"));
  it("never leaves the file", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat({ max: 1000 }), (start, end, size) => {
        const range = rangeOf(`bytes=${start}-${end}`, size);
        if (typeof range === "object") expect(0 <= range.start && range.start <= range.end && range.end < size).toBe(true);
      }),
    );
  });
});

it("compares tags weakly, in a list and with *", () => {
  expect(matches('"a", W/"b"', '"b"')).toBe(true);
  expect(matches("*", '"b"')).toBe(true);
  expect(matches('"bb"', '"b"')).toBe(false);
  expect(matches(undefined, '"b"')).toBe(false);
});

describe("Content-Disposition", () => {
  it("shows pictures, and saves what a browser could run", () => {
    expect(disposition("fox.png", "image/png", false)).toBe('inline; filename="fox.png"');
    expect(disposition("fox.png", "image/png", true)).toBe('attachment; filename="fox.png"');
    for (const type of ["image/svg+xml", "text/html", "application/octet-stream"])
      expect(disposition("x", type, false)).toMatch(/^attachment/);
  });
  it("writes other letters as RFC 5987 says, and lets nothing out of the header", () => {
    expect(disposition("Füchs'lein (1).png", "image/png", false)).toBe(
      "inline; filename=\"F_chs'lein (1).png\"; filename*=UTF-8''F%C3%BCchs%27lein%20%281%29.png",
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const header = disposition(name, "image/png", false);
        expect(header).toMatch(/^inline; filename="[^"\\]*"(; filename\*=UTF-8''[\w.~!$&+^`|%-]*)?$/);
        new Headers({ "content-disposition": header });
      }),
    );
  });
});
