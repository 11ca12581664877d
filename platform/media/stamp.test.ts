/** What a recipe does to a file: every pixel stays, every program can read it, the engine's own graph is gone. */
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { createMedia, readRecipe } from "./media.ts";
import { pngChunks, pngTexts } from "./png.ts";
import { contains, digitalSourceType, formats, intoPng, noise, pixels, pngChunk, recipe, types } from "./testing/pictures.ts";

const media = createMedia();

describe("stamp", () => {
  const cases: [string, () => Promise<Buffer>][] = [
    ["png", () => noise(64, 48).png().toBuffer()],
    ["png with alpha", () => noise(64, 48, 4).png().toBuffer()],
    ["png of 16 bit", () => noise(64, 48).toColourspace("rgb16").png().toBuffer()],
    ["jpeg", () => noise(64, 48).jpeg().toBuffer()],
    ["progressive jpeg with a colour profile", () => noise(64, 48).jpeg({ progressive: true }).withIccProfile("p3").toBuffer()],
    ["webp", () => noise(64, 48).webp().toBuffer()],
    ["webp with alpha", () => noise(64, 48, 4).webp().toBuffer()],
    ["lossless webp with alpha", () => noise(65, 47, 4).webp({ lossless: true, exact: true }).toBuffer()],
    ["webp with a colour profile", () => noise(64, 48).webp().withIccProfile("p3").toBuffer()],
  ];

  it.each(cases)("keeps every pixel and gives the recipe back: %s", async (name, make) => {
    const bytes = await make();
    const mediaType = `image/${/png|jpeg|webp/.exec(name)?.[0]}`;
    const stamped = await media.stamp(bytes, mediaType, recipe);
    expect(readRecipe(stamped)).toEqual(recipe);
    expect(await pixels(stamped)).toEqual(await pixels(bytes));
    expect(await media.inspect(stamped)).toEqual(await media.inspect(bytes));
    const { xmp, icc, hasAlpha, depth } = await sharp(stamped).metadata();
    expect(xmp?.toString()).toContain(`<Iptc4xmpExt:DigitalSourceType>${digitalSourceType}</Iptc4xmpExt:DigitalSourceType>`);
    const before = await sharp(bytes).metadata();
    expect({ icc, hasAlpha, depth }).toEqual({ icc: before.icc, hasAlpha: before.hasAlpha, depth: before.depth });
    // pixels were not encoded again: with the marks taken out it is the same file
    const unmarked = await media.strip(await media.stamp(bytes, mediaType, { ...recipe, generated: false }), mediaType);
    expect(Buffer.from(unmarked)).toEqual(Buffer.from(await media.strip(bytes, mediaType)));
    expect(readRecipe(await media.stamp(stamped, mediaType, { ...recipe, tool: "again" }))?.tool).toBe("again");
  });

  it.each(types)("says trainedAlgorithmicMedia only of what a model generated: %s", async (type) => {
    const bytes = await noise(8, 8)
      .toFormat(formats[types.indexOf(type)] ?? "png")
      .toBuffer();
    const stamped = await media.stamp(bytes, type, { ...recipe, generated: false, preview: true });
    expect(contains(stamped, "trainedAlgorithmicMedia")).toBe(false);
    expect(readRecipe(stamped)).toMatchObject({ generated: false, preview: true });
  });

  it("writes what other programs read, in a PNG", async () => {
    const png = await noise(8, 8).png().toBuffer();
    const texts = pngTexts(await media.stamp(png, "image/png", recipe));
    expect(texts.get("parameters")).toBe(
      `${recipe.input["prompt"]}\nNegative prompt: schlecht, ün\nSteps: 20, Seed: 42, Size: 64x48, Model: sdxl.safetensors, Version: comfyui 0.33.0`,
    );
    const plain = await media.stamp(png, "image/png", { ...recipe, input: { prompt: "a fox" }, details: {} });
    expect(
      pngChunks(plain)
        .map(({ type }) => type)
        .slice(0, 4),
    ).toEqual(["IHDR", "tEXt", "tEXt", "iTXt"]);
    expect([...pngTexts(await media.stamp(png, "image/png", { ...recipe, input: { image: "art_1" } })).keys()]).not.toContain("parameters");
  });

  it("removes the engine's own graph and every other text, EXIF and XMP", async () => {
    const png = await noise(8, 8).png().toBuffer();
    const fromEngine = intoPng(
      png,
      pngChunk("tEXt", Buffer.from('prompt\0{"3":{"class_type":"KSampler"}}')),
      pngChunk("iTXt", Buffer.from('workflow\0\0\0\0\0{"nodes":["GRAPH"]}')),
      pngChunk("zTXt", Buffer.concat([Buffer.from("workflow\0\0"), deflateSync("GRAPH")])),
      pngChunk("eXIf", Buffer.from("MM\0*\0\0\0\x08\0\0\0\0\0\0", "latin1")),
      pngChunk("prVt", Buffer.from("GRAPH")),
      pngChunk("tIME", Buffer.alloc(7, 1)),
    );
    const stamped = await media.stamp(fromEngine, "image/png", recipe);
    expect([...pngTexts(stamped).keys()]).toEqual(["parameters", "myspinbot", "XML:com.adobe.xmp"]);
    expect(contains(stamped, "KSampler") || contains(stamped, "GRAPH")).toBe(false);
    expect(new Set(pngChunks(stamped).map(({ type }) => type))).not.toContain("zTXt");
    const webp = await noise(8, 8)
      .webp()
      .withExif({ IFD0: { Make: 'workflow:{"GRAPH":1}' } })
      .toBuffer();
    expect(contains(webp, "GRAPH")).toBe(true);
    expect(contains(await media.stamp(webp, "image/webp", recipe), "GRAPH")).toBe(false);
  });

  it.each(types)("holds a recipe of any length: %s", async (type) => {
    const bytes = await noise(8, 8)
      .toFormat(formats[types.indexOf(type)] ?? "png")
      .toBuffer();
    const long = { ...recipe, input: { prompt: "狐&".repeat(40_000) } };
    const stamped = await media.stamp(bytes, type, long);
    expect(readRecipe(stamped)).toEqual(long);
    expect(await pixels(stamped)).toEqual(await pixels(bytes));
  });

  it("leaves what can hold no recipe as it is", async () => {
    const archive = Buffer.from("PK\x03\x04....");
    expect(await media.stamp(archive, "application/zip", recipe)).toBe(archive);
  });
});

describe("reading a recipe back", () => {
  it("takes no recipe from files that anyone may have written", async () => {
    const png = await noise(8, 8).png().toBuffer();
    for (const text of [
      "",
      "{",
      "[]",
      '{"tool":1}',
      '{"tool":"x","input":[],"engine":{"id":"a","version":"b"},"preview":false,"generated":false}',
    ]) {
      expect(readRecipe(intoPng(png, pngChunk("tEXt", Buffer.from(`myspinbot\0${text}`))))).toBeUndefined();
    }
    expect(readRecipe(png)).toBeUndefined();
    expect(readRecipe(Buffer.from("no picture"))).toBeUndefined();
  });

  it("keeps little memory when idle: no cache, one thread", async () => {
    await media.inspect(await noise(8, 8).png().toBuffer());
    expect(sharp.concurrency()).toBe(1);
    expect(sharp.cache().memory.max).toBe(0);
  });
});
