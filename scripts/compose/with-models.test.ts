/** Models with the first start: refused before anything is made where a person can put it right, told with what is done where the world fails. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Model } from "../models/catalogue.ts";
import { models } from "../models/catalogue.ts";
import { folderOf } from "../models/surroundings.ts";
import { bringModels, readModels } from "./with-models.ts";

const header = Buffer.from(JSON.stringify({ a: { dtype: "U8", shape: [40_000], data_offsets: [0, 40_000] } }));
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(header.length));
const weights = Buffer.concat([length, header, Buffer.alloc(40_000, 7)]);

let server: Server;
let url: string;
let cut = false;
let ranges: (string | undefined)[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const body = weights.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": body.length,
      etag: '"one"',
      ...(from > 0 ? { "content-range": `bytes ${from}-${weights.length - 1}/${weights.length}` } : {}),
    });
    if (!cut) return void response.end(body);
    response.write(body.subarray(0, 20_000), () => setTimeout(() => response.destroy(), 20));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fox.safetensors`;
});
afterAll(() => void server.close());

let folder: string;
let said: string[];
let warned: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spin-models-"));
  [said, warned, ranges, cut] = [[], [], [], false];
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const fox = (at: string): Model => ({
  ...{ id: "fox", title: "Fox", use: "render_image", engine: "ComfyUI", vramGb: 4, licence: "MIT", terms: "only by day" },
  files: [{ folder: "checkpoints", name: "fox.safetensors", url: at }],
});
const bring = (at: string, reserve = 0) =>
  bringModels([fox(at)], { folder, accept: true, reserve, say: (line) => void said.push(line) }, (line) => void warned.push(line));

describe("--models, before anything is made", () => {
  it("takes the catalogue's names, each once", () => {
    expect(readModels(" sdxl,upscaler ,sdxl", true).map(({ id }) => id)).toEqual(["sdxl", "upscaler"]);
    expect(readModels("upscaler,wan22-5b", false).map(({ id }) => id)).toEqual(["upscaler", "wan22-5b"]);
  });

  it("refuses a name that is none, with all that there are; and an empty list", () => {
    for (const { id } of models) expect(() => readModels("sdxl,sd3", true)).toThrow(id);
    expect(() => readModels(",", true)).toThrow(/--models sdxl,upscaler/);
  });

  it("shows the terms where there is no yes to them, and the whole line to run then", () => {
    expect(() => readModels("sdxl,upscaler", false)).toThrow(
      /Stable Diffusion XL 1\.0, CreativeML Open RAIL\+\+-M: .*harmful[\s\S]*\nnpm run compose:init -- --models sdxl,upscaler --accept$/,
    );
    expect(() => readModels("sd15", false, "chat,gpu")).toThrow(/\nnpm run compose:init -- --profiles chat,gpu --models sd15 --accept$/);
  });

  it("puts the folder that was chosen into that line, as a shell reads it", () => {
    expect(() => readModels("sd15", false, undefined, "/srv/studio")).toThrow(/\n.* --models sd15 --accept --folder \/srv\/studio$/);
    expect(() => readModels("sd15", false, undefined, "/srv/it's mine")).toThrow(/ --accept --folder '\/srv\/it'\\''s mine'$/);
  });
});

describe("--models, behind everything else", () => {
  it("brings them into the folder that compose mounts", async () => {
    expect(await bring(url)).toBe(true);
    expect(readFileSync(join(folder, "checkpoints/fox.safetensors"))).toEqual(weights);
    expect([warned, said[0]]).toEqual([[], "Fox (MIT)"]);
  });

  it("that was cut goes on where it was, by the line that is told or by the same one", async () => {
    cut = true;
    expect(await bring(url)).toBe(false);
    expect(warned).toContain(`    npm run models -- get fox --accept --folder ${folder}`);
    cut = false;
    expect(await bring(url)).toBe(true);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]/)]);
    expect(readFileSync(join(folder, "checkpoints/fox.safetensors"))).toEqual(weights);
  });

  it("leaves the folder out of that line where it is the usual one", async () => {
    vi.stubEnv("MODELS_FOLDER", folder);
    cut = true;
    expect(await bring(url)).toBe(false);
    expect(warned).toContain("    npm run models -- get fox --accept");
  });

  it("on a machine without a way out says what is done already, the line that goes on, and that the stack starts all the same", async () => {
    expect(await bring("http://127.0.0.1:9/fox.safetensors")).toBe(false);
    expect(warned.join("\n")).toMatch(
      /cannot be reached[\s\S]*Secrets and compose\/\.env are made[\s\S]* {4}npm run models -- get fox --accept.*\n.*another machine.*The stack starts/,
    );
  });

  it("on a disk that is too full says how much is free, and what a person can choose", async () => {
    expect(await bring(url, 1e18)).toBe(false);
    expect(warned.join("\n")).toMatch(
      /GB are free[\s\S]*are made, and stay[\s\S]*MODELS_FOLDER=[\s\S]*sd15[\s\S]*get fox --accept --folder \S+ --reserve-gb 2/,
    );
  });
});

it("the models' folder is the one that is chosen, else that of the settings or of .env, as compose resolves it", () => {
  expect(folderOf("/a/b", { MODELS_FOLDER: "/mnt/models" }, folder)).toBe("/a/b");
  writeFileSync(join(folder, ".env"), "MODELS_FOLDER=../big\n");
  expect(folderOf(undefined, {}, folder)).toBe(join(folder, "../big"));
  expect(folderOf(undefined, { MODELS_FOLDER: "/mnt/models" }, folder)).toBe("/mnt/models");
  expect(folderOf(undefined, { MODELS_FOLDER: "./models" })).toBe(join(import.meta.dirname, "../../compose/models"));
});
