/** Models: only weights that cannot hold code, whole, the right ones, gone on with after a cut, and never a full disk; against a server that misbehaves on demand. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Model, models } from "./models/catalogue.ts";
import { fileAt, getModels, modelNamed } from "./models/get.ts";
import { main } from "./models.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
function safetensors(fill: number, size = 300_000): Buffer {
  const header = Buffer.from(JSON.stringify({ a: { dtype: "U8", shape: [size], data_offsets: [0, size] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(size, fill)]);
}
const weights = safetensors(1);

/** What the server gives, and how it goes wrong. */
const fake = {
  body: weights,
  etag: '"one"' as string | undefined,
  cutAfter: 0,
  status: 0,
  requests: [] as { range?: string; ifRange?: string; auth?: string }[],
};
let server: Server;
let base = "";
let folder = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const { range, "if-range": ifRange, authorization: auth } = request.headers;
    fake.requests.push({ ...(range ? { range } : {}), ...(ifRange ? { ifRange: String(ifRange) } : {}), ...(auth ? { auth } : {}) });
    if (fake.status) return void response.writeHead(fake.status).end("<html>log in</html>");
    const asked = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? Number.NaN);
    const fits = Number.isFinite(asked) && (!ifRange || ifRange === fake.etag);
    const from = fits ? asked : 0;
    if (fits && from >= fake.body.length) return void response.writeHead(416).end();
    const part = fake.body.subarray(from);
    response.writeHead(fits ? 206 : 200, {
      "content-length": part.length,
      ...(fake.etag ? { etag: fake.etag } : {}),
      ...(fits ? { "content-range": `bytes ${from}-${fake.body.length - 1}/${fake.body.length}` } : {}),
    });
    if (!fake.cutAfter) return void response.end(part);
    response.write(part.subarray(0, fake.cutAfter), () => setImmediate(() => response.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "models-"));
  Object.assign(fake, { body: weights, etag: '"one"', cutAfter: 0, status: 0, requests: [] });
});
afterEach(() => rmSync(folder, { recursive: true }));

const model = (file: { sha256?: string; bytes?: number; name?: string } = {}, rest: Partial<Model> = {}): Model => ({
  ...{ id: "fox", title: "Fox", use: "render_image", engine: "ComfyUI", vramGb: 4, licence: "MIT" },
  files: [{ folder: "checkpoints", name: "fox.safetensors", url: `${base}/fox.safetensors`, ...file }],
  ...rest,
});
async function get(picked: Model, options: { accept?: boolean; reserve?: number } = {}) {
  const lines: string[] = [];
  await getModels([picked], { folder, accept: false, reserve: 0, say: (line) => lines.push(line), ...options });
  return lines.join("\n");
}
const path = () => join(folder, "checkpoints/fox.safetensors");
const lock = () => JSON.parse(readFileSync(join(folder, "models.lock.json"), "utf8")) as Record<string, { sha256: string; how: string }>;
const left = () => (existsSync(join(folder, "checkpoints")) ? readdirSync(join(folder, "checkpoints")) : []);

describe("a download", () => {
  it("comes into ComfyUI's folder, with the known hash checked", async () => {
    expect(await get(model({ sha256: sha256(weights), bytes: weights.length }))).toContain("its SHA-256 is the known one");
    expect(readFileSync(path())).toEqual(weights);
    expect([left(), lock()["checkpoints/fox.safetensors"]]).toEqual([
      ["fox.safetensors"],
      expect.objectContaining({ how: "known", sha256: sha256(weights) }),
    ]);
  });

  it("is not made again where the file is there", async () => {
    await get(model());
    expect(await get(model())).toContain("is there");
    expect(fake.requests).toHaveLength(1);
  });

  it("of unknown hash says that nobody vouches for it, keeps the hash, and compares with it later", async () => {
    expect(await get(model())).toContain(`nobody vouches for its SHA-256, ${sha256(weights)}`);
    expect(lock()["checkpoints/fox.safetensors"]?.how).toBe("first");
    rmSync(path());
    expect(await get(model())).toContain("its SHA-256 is that of the first download");
    rmSync(path());
    fake.body = safetensors(2);
    await expect(get(model())).rejects.toMatchObject({ code: "engine_rejected", message: expect.stringContaining(sha256(weights)) });
    expect(left()).toEqual([]);
  });

  it("that is another file is removed, with both hashes said", async () => {
    const other = sha256(Buffer.from("other"));
    await expect(get(model({ sha256: other }))).rejects.toMatchObject({
      code: "engine_rejected",
      message: expect.stringMatching(new RegExp(`${sha256(weights)}.*${other}`)),
    });
    expect(left()).toEqual([]);
  });

  it("of another length is refused before it is fetched", async () => {
    await expect(get(model({ bytes: 5 }))).rejects.toMatchObject({ message: expect.stringContaining("should have 5 bytes") });
    expect(left()).not.toContain("fox.safetensors");
  });

  it("is refused where the disk would be too full, with the figures", async () => {
    await expect(get(model(), { reserve: 1e18 })).rejects.toMatchObject({
      code: "storage_full",
      message: expect.stringMatching(/GB are free.*must stay free.*--folder/),
    });
    expect(left()).not.toContain("fox.safetensors");
  });
});

describe("after a cut", () => {
  const cut = async (picked: Model) => {
    fake.cutAfter = 100_000;
    await expect(get(picked)).rejects.toMatchObject({ message: expect.stringContaining("goes on from"), retryable: true });
    fake.cutAfter = 0;
    fake.requests = [];
  };

  it("it goes on where it was, by the source's mark", async () => {
    await cut(model());
    await get(model());
    expect(fake.requests).toEqual([{ range: expect.stringMatching(/^bytes=[1-9]\d*-$/), ifRange: '"one"' }]);
    expect(readFileSync(path())).toEqual(weights);
  });

  it("it begins anew where the file has changed meanwhile", async () => {
    await cut(model());
    Object.assign(fake, { body: safetensors(2), etag: '"two"' });
    await get(model());
    expect(readFileSync(path())).toEqual(safetensors(2));
  });

  it("it begins anew where the source has no mark and no hash is known: nobody could tell that the parts fit", async () => {
    fake.etag = undefined;
    await cut(model());
    await get(model());
    expect(fake.requests).toEqual([{}]);
    expect(readFileSync(path())).toEqual(weights);
  });

  it("it goes on without a mark where the hash is known, and finds out if the parts do not fit", async () => {
    fake.etag = undefined;
    await cut(model({ sha256: sha256(weights) }));
    await get(model({ sha256: sha256(weights) }));
    expect(fake.requests).toEqual([{ range: expect.stringMatching(/^bytes=/) }]);
    rmSync(path());
    await cut(model({ sha256: sha256(weights) }));
    fake.body = safetensors(2);
    await expect(get(model({ sha256: sha256(weights) }))).rejects.toMatchObject({ code: "engine_rejected" });
    await expect(get(model({ sha256: sha256(safetensors(2)) }))).resolves.toContain("known");
  });

  it("only the check is made where everything had come", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(`${path()}.part`, weights);
    await get(model({ sha256: sha256(weights), bytes: weights.length }));
    expect(fake.requests).toEqual([]);
    expect(left()).toEqual(["fox.safetensors"]);
  });

  it("a second one on the same file waits for nobody and is refused", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(`${path()}.part.pid`, "1");
    await expect(get(model())).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("Process 1") });
    writeFileSync(`${path()}.part.pid`, "4194304999");
    await get(model());
    expect(left()).toEqual(["fox.safetensors"]);
  });
});

describe("what is no weights", () => {
  it.each(["fox.ckpt", "fox.pth", "fox.pt", "fox.bin", "mapping.pth.tar", "fox.zip", "../fox.safetensors", ".safetensors"])(
    "%s is not fetched",
    async (name) => {
      await expect(get(model({ name }))).rejects.toMatchObject({ code: "unsupported_media" });
      expect(fake.requests).toEqual([]);
    },
  );

  it.each([
    ["a page", Buffer.from("<!doctype html><title>Log in</title>"), /web page: the source may want a login/],
    ["a pickle with another name", Buffer.concat([Buffer.from([0x80, 2]), Buffer.alloc(5000, 0x7d)]), /no safetensors file/],
    ["a file that is shorter than its header says", weights.subarray(0, 200_000), /its header says/],
    ["a header that is no JSON", Buffer.concat([weights.subarray(0, 8), Buffer.from("{broken"), Buffer.alloc(200)]), /no readable header/],
  ])("%s is refused, and nothing of it is kept", async (_, body, said) => {
    fake.body = body;
    await expect(get(model())).rejects.toMatchObject({ code: "unsupported_media", message: expect.stringMatching(said) });
    expect(left()).toEqual([]);
  });

  it("GGUF is known by its first four letters", async () => {
    fake.body = Buffer.from("GGUF and the rest of it");
    expect(await get(model({ name: "fox.gguf" }))).toContain("fox.gguf");
    fake.body = Buffer.from("GGML is what came before it");
    await expect(get(model({ name: "two.gguf" }))).rejects.toMatchObject({ code: "unsupported_media" });
  });
});

describe("a source that refuses", () => {
  it.each([
    [401, "not_allowed", /HF_TOKEN/],
    [403, "not_allowed", /accept its terms/],
    [404, "unknown_model", /any more/],
    [503, "engine_unavailable", /HTTP 503/],
  ])("with %i is told as such, with what to do", async (status, code, said) => {
    fake.status = status;
    await expect(get(model())).rejects.toMatchObject({ code, message: expect.stringMatching(said) });
  });

  it("or is not there at all", async () => {
    const nowhere = model();
    nowhere.files = [{ folder: "checkpoints", name: "fox.safetensors", url: "http://127.0.0.1:9/fox.safetensors" }];
    await expect(get(nowhere)).rejects.toMatchObject({ code: "engine_unavailable", message: expect.stringContaining("cannot be reached") });
  });

  it("or speaks without TLS", async () => {
    const open = model();
    open.files = [{ folder: "checkpoints", name: "fox.safetensors", url: "http://models.example.org/fox.safetensors" }];
    await expect(get(open)).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining("https alone") });
  });

  it("never gets a token of Hugging Face, unless it is Hugging Face", async () => {
    await getModels([model()], { folder, accept: false, reserve: 0, say: () => {}, token: "hf_secret" });
    expect(fake.requests).toEqual([{}]);
  });
});

describe("npm run models", () => {
  const run = async (...args: string[]) => {
    const lines: string[] = [];
    return { code: await main(["--folder", folder, "--reserve-gb", "0", ...args], {}, (line) => lines.push(line)), said: lines.join("\n") };
  };

  it("lists every model with size, VRAM and licence, and what is here", async () => {
    mkdirSync(join(folder, "checkpoints"));
    writeFileSync(join(folder, "checkpoints/sd_xl_base_1.0.safetensors"), "");
    const { said } = await run();
    expect(said).toMatch(/^ {2}\[x\] sdxl +6\.9 +10 {2}CreativeML Open RAIL\+\+-M\*:/m);
    expect(said).toMatch(/^ {2}\[ \] upscaler +0\.1 +3 {2}BSD-3-Clause:/m);
    for (const each of models) expect(said).toContain(each.id);
  });

  it("shows terms before anything is fetched, and wants a yes to them", async () => {
    await expect(run("get", "f5-tts")).rejects.toMatchObject({
      code: "consent_required",
      message: expect.stringMatching(/--accept[\s\S]*CC-BY-NC-4\.0: no commercial use/),
    });
    await expect(get(model({}, { terms: "only on Sundays" }))).rejects.toMatchObject({ code: "consent_required" });
    expect(await get(model({}, { terms: "only on Sundays", beside: "a vocab.txt" }), { accept: true })).toContain(
      "also needed: a vocab.txt",
    );
  });

  it("fetches an address into a folder that is named, with a hash that is given", async () => {
    expect(
      await run("get", `${base}/lora.safetensors?download=true`, "--into", "loras", "--sha256", sha256(weights).toUpperCase()),
    ).toMatchObject({ code: 0, said: expect.stringContaining("loras/lora.safetensors") });
    expect(lock()["loras/lora.safetensors"]?.how).toBe("given");
    await expect(run("get", `${base}/lora.safetensors`)).rejects.toMatchObject({ message: expect.stringContaining("--into") });
    await expect(run("get", `${base}/lora.safetensors`, "--into", "../x")).rejects.toMatchObject({ code: "invalid_input" });
    expect(() => fileAt("https://a.example/api/download/1", "loras", undefined, undefined)).toThrow(/neither .safetensors nor .gguf/);
    expect(fileAt("https://a.example/api/download/1", "loras", "fox.safetensors", undefined).name).toBe("fox.safetensors");
  });

  it("finds a file that has changed since", async () => {
    await get(model());
    expect(await run("check")).toMatchObject({ code: 0, said: expect.stringContaining("unchanged") });
    writeFileSync(path(), safetensors(3));
    expect(await run("check")).toMatchObject({ code: 1, said: expect.stringContaining("IS NOT WHAT IT WAS") });
  });

  it("names the models that there are where one is unknown, and its own use where it is asked wrongly", async () => {
    expect(() => modelNamed("nope")).toThrow(/There are: sdxl, sd15/);
    expect(await run("fetch")).toMatchObject({ code: 2, said: expect.stringContaining("npm run models -- get") });
    expect(await run("--help")).toMatchObject({ code: 0 });
  });
});
