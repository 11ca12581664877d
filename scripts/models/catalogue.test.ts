/** The catalogue fits the engines that use it, and the page that describes it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bringCheckpoint } from "../../core/bring-model.ts";
import { kindOf, motionKinds } from "../../workers/engines/comfyui/motion/kinds.ts";
import { vramGb } from "../../workers/engines/comfyui/templates.ts";
import { folders, models } from "./catalogue.ts";
import { modelNamed } from "./get.ts";

describe("the catalogue", () => {
  const chooseMotion = readFileSync(join(import.meta.dirname, "../../workers/engines/comfyui/motion/choose.ts"), "utf8");
  const docs = readFileSync(join(import.meta.dirname, "../../docs/models.md"), "utf8");

  it("has only weights that cannot hold code, by https, each with a folder that the engines read, and hashes of the right form", () => {
    for (const file of models.flatMap((each) => each.files)) {
      expect([file.name, folders.includes(file.folder as never)]).toEqual([file.name, true]);
      expect(file.name).toMatch(/\.(safetensors|gguf)$/);
      expect(file.url).toMatch(/^https:\/\//);
      if (file.sha256 !== undefined) expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    const byPath = new Map<string, string>();
    for (const file of models.flatMap((each) => each.files)) {
      expect(byPath.get(`${file.folder}/${file.name}`) ?? file.url).toBe(file.url);
      byPath.set(`${file.folder}/${file.name}`, file.url);
    }
  });

  it("has videos under the names by which ComfyUI's adapter knows them, and counts with its VRAM", () => {
    const videos = models.filter((each) => motionKinds.some((kind) => kind.id === each.id));
    expect(videos.length).toBeGreaterThanOrEqual(7);
    for (const { id, files, vramGb: counted } of videos) {
      const main = files[0];
      const kind = kindOf(main?.name ?? "", main?.folder as never);
      expect([id, kind?.id, kind?.vramGb]).toEqual([id, id, counted]);
      const parts = Object.values({ ...kind?.image?.parts, ...kind?.words?.parts });
      for (const part of parts)
        expect([id, files.some((file) => file.folder === part.folder && part.patterns.some((pattern) => pattern.test(file.name)))]).toEqual(
          [id, true],
        );
    }
    expect(modelNamed("sdxl").vramGb).toBe(vramGb["comfy-sdxl"]);
    expect(modelNamed("sd15").vramGb).toBe(vramGb["comfy-sd15"]);
    expect(modelNamed("upscaler").vramGb).toBe(vramGb["comfy-upscale"]);
  });

  it("is what the studio names where it has nothing to draw or film with, with its sizes", () => {
    const text = `${bringCheckpoint} ${chooseMotion}`;
    const named = [...text.matchAll(/(\bsdxl\b|\bsd15\b|\bwan22-5b\b)(?: in place of sdxl)?[^(:]*[(:] ?([\d.]+) GB/g)].map(
      ([, id = "", size]) => [id, size],
    );
    expect(named).toEqual(
      ["sdxl", "sd15", "wan22-5b"].map((id) => [
        id,
        (modelNamed(id).files.reduce((sum, { bytes = 0 }) => sum + bytes, 0) / 1e9).toFixed(1),
      ]),
    );
    for (const [, id = "", yes] of text.matchAll(/npm run models -- get ([\w-]+)( --accept)?/g))
      expect([id, yes !== undefined]).toEqual([id, modelNamed(id).terms !== undefined]);
  });

  it("is written down in docs/models.md with VRAM, licence and whether a hash is known", () => {
    for (const each of models) {
      const known = each.files.every((file) => file.sha256) ? "yes" : each.files.some((file) => file.sha256) ? "in part" : "no";
      const row = docs.split("\n").find((line) => line.startsWith(`| \`${each.id}\` |`)) ?? "";
      const cells = row.split("|").map((cell) => cell.trim());
      expect([each.id, cells[4], cells[5], cells[6]]).toEqual([each.id, `${each.vramGb} GB`, each.licence, known]);
    }
  });
});
