/** Tiles cover the picture once, and their overlap is as wide as the network sees. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testPixels } from "./testing/pictures.ts";
import { cutTile, halo, pasteTile, planTiles } from "./tiles.ts";
import { modelFolder } from "./weights.ts";

interface Layer {
  class_name: string;
  name: string;
  config: { kernel_size?: [number, number]; size?: [number, number]; dilation_rate?: [number, number]; strides?: [number, number] };
  inbound_nodes: [string][][];
}

/** How many source pixels to each side an output pixel depends on: the sum over the longest way through the stored graph. */
function reach(scale: 2 | 3 | 4): { pixels: number; kinds: string[] } {
  const stored = JSON.parse(readFileSync(join(modelFolder(scale), "model.json"), "utf8")) as {
    modelTopology: { model_config: { config: { layers: Layer[] } } };
  };
  const { layers } = stored.modelTopology.model_config.config;
  const seen = new Map<string, { reach: number; zoom: number }>();
  for (const layer of layers) {
    const before = (layer.inbound_nodes[0] ?? []).map(([name]) => seen.get(name) ?? { reach: 0, zoom: 1 });
    const zoom = Math.max(1, ...before.map((entry) => entry.zoom));
    const kernel = layer.class_name === "Conv2D" ? ((layer.config.kernel_size?.[0] ?? 1) - 1) / 2 : 0;
    seen.set(layer.name, {
      reach: Math.max(0, ...before.map((entry) => entry.reach)) + (kernel * (layer.config.dilation_rate?.[0] ?? 1)) / zoom,
      zoom: zoom * (layer.config.size?.[0] ?? 1),
    });
  }
  return {
    pixels: Math.max(...[...seen.values()].map((entry) => entry.reach)),
    kinds: [...new Set(layers.map((layer) => layer.class_name))].sort(),
  };
}

describe("the overlap", () => {
  it.each([2, 3, 4] as const)("is at least what the %ix network sees", (scale) => {
    const { pixels, kinds } = reach(scale);
    expect(pixels).toBeGreaterThan(9);
    expect(halo).toBeGreaterThanOrEqual(pixels);
    // another kind of layer (a pooling, an attention) would see further than this sum knows
    expect(kinds).toEqual(["Activation", "Add", "Concatenate", "Conv2D", "InputLayer", "UpSampling2D"]);
  });
});

describe("tiles", () => {
  it("cover every pixel once, none larger than asked for, none reaching outside", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 8, max: 64 }),
        (width, height, most) => {
          const count = new Uint8Array(width * height);
          for (const tile of planTiles(width, height, most)) {
            expect(Math.max(tile.width, tile.height)).toBeLessThanOrEqual(most);
            expect(Math.min(tile.width, tile.height, tile.outer.x + 1, tile.outer.y + 1)).toBeGreaterThan(0);
            expect(tile.outer.x + tile.outer.width).toBeLessThanOrEqual(width);
            expect(tile.outer.y + tile.outer.height).toBeLessThanOrEqual(height);
            for (let y = tile.y; y < tile.y + tile.height; y++)
              for (let x = tile.x; x < tile.x + tile.width; x++) count[y * width + x] = (count[y * width + x] ?? 0) + 1;
          }
          expect(count.every((times) => times === 1)).toBe(true);
        },
      ),
    );
  });

  it.each([1, 2, 3])("come together again, at scale %i", (scale) => {
    const [width, height] = [53, 41];
    const pixels = testPixels(width, height);
    const repeat = (source: Uint8Array, across: number, down: number): Uint8Array => {
      const large = new Uint8Array(across * down * scale * scale * 3);
      for (let at = 0; at < large.length; at++) {
        const x = Math.floor((Math.floor(at / 3) % (across * scale)) / scale);
        const y = Math.floor(at / 3 / (across * scale) / scale);
        large[at] = source[(y * across + x) * 3 + (at % 3)] ?? 0;
      }
      return large;
    };
    const joined = new Uint8Array(width * height * scale * scale * 3);
    for (const tile of planTiles(width, height, 16))
      pasteTile(joined, width, tile, scale, repeat(cutTile(pixels, width, tile), tile.outer.width, tile.outer.height));
    expect(Buffer.from(joined).equals(Buffer.from(repeat(pixels, width, height)))).toBe(true);
  });
});
