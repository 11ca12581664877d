/** The size that a picture gets is one that sd-scripts trains at, so that it is not cut or scaled a second time. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketFor, buckets, isSmallFor } from "./buckets.ts";

describe("the size of a picture", () => {
  it.each([
    [4000, 3000, 512, 576, 448],
    [3000, 4000, 512, 448, 576],
    [3000, 3000, 512, 512, 512],
    [1920, 1080, 512, 640, 384],
    [4000, 3000, 1024, 1152, 896],
    [3000, 3000, 1024, 1024, 1024],
    [6000, 1000, 1024, 2048, 320],
    [9000, 1000, 512, 1024, 256],
  ])("%i x %i for %i is %i x %i", (width, height, resolution, ...expected) => {
    const size = bucketFor({ width, height }, resolution);
    expect([size.width, size.height]).toEqual(expected);
  });

  it("is a smaller one where the picture would be enlarged more than 1.5 times", () => {
    expect(bucketFor({ width: 300, height: 300 }, 1024)).toEqual({ width: 448, height: 448 });
    expect(bucketFor({ width: 256, height: 256 }, 512)).toEqual({ width: 384, height: 384 });
    expect(isSmallFor({ width: 300, height: 300 }, 1024)).toBe(true);
    expect(isSmallFor({ width: 1024, height: 1024 }, 1024)).toBe(false);
  });

  it("has sides of 64 and no more pixels than the training uses, whatever the picture", () => {
    const side = fc.integer({ min: 256, max: 12_000 });
    fc.assert(
      fc.property(side, side, fc.constantFrom(512, 1024), (width, height, resolution) => {
        const size = bucketFor({ width, height }, resolution);
        expect([size.width % 64, size.height % 64]).toEqual([0, 0]);
        expect(size.width * size.height).toBeLessThanOrEqual(resolution * resolution);
        expect(Math.min(size.width, size.height)).toBeGreaterThanOrEqual(256);
        expect(Math.max(size.width / width, size.height / height)).toBeLessThanOrEqual(1.5);
      }),
    );
  });
});

describe("the list of sizes", () => {
  it("is the one of sd-scripts' make_bucket_resolutions for 512", () => {
    const widths = buckets(512).map(({ width, height }) => `${width}x${height}`);
    expect(new Set(widths)).toEqual(
      new Set(
        "512x512 256x1024 1024x256 256x960 960x256 256x896 896x256 256x832 832x256 320x768 768x320 320x704 704x320 384x640 640x384 448x576 576x448".split(
          " ",
        ),
      ),
    );
  });
});
