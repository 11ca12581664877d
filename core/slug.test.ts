/** Names of files for people. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { artifactName, sheetName, upscaledName } from "./slug.ts";

describe("artifactName", () => {
  it.each([
    ["a red fox in fresh snow", "a-red-fox-in-fresh-snow-42.png"],
    ["  A *Red*  FOX, at night!  ", "a-red-fox-at-night-42.png"],
    ["赤い狐", "赤い狐-42.png"],
    ["Ein Füchslein", "ein-füchslein-42.png"],
    ["../../etc/passwd", "etc-passwd-42.png"],
    ["🦊🦊", "picture-42.png"],
    ["", "picture-42.png"],
  ])("of %j is %j", (prompt, name) => expect(artifactName(prompt, 42, "png")).toBe(name));

  it("is a short plain file name whatever is asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), (prompt) => {
        const name = artifactName(prompt, 7, "png");
        expect(name).toMatch(/^[\p{L}\p{M}\p{N}-]+-7\.png$/u);
        expect(Buffer.byteLength(name)).toBeLessThan(255);
      }),
    );
  });
});

describe("sheetName", () => {
  it.each([
    ["biscuit", "biscuit-sheet.jpg"],
    ["My Dog 2.0", "my-dog-2-0-sheet.jpg"],
    ["../x", "x-sheet.jpg"],
  ])("of %j is %j", (name, wanted) => expect(sheetName(name)).toBe(wanted));
});

describe("upscaledName", () => {
  it.each([
    ["fox.jpg", "fox-2x.png"],
    ["fox-42.png", "fox-42-2x.png"],
    ["fox", "fox-2x.png"],
    [".png", "picture-2x.png"],
    ["x".repeat(300), `${"x".repeat(80)}-2x.png`],
  ])("of %j is %j", (name, wanted) => expect(upscaledName(name, 2, "png")).toBe(wanted));
});
