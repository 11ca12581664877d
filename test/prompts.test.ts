/** Prompts and completion of the whole product: over HTTP, and by `myspinbot mcp` whose studio is started again behind it. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectHttp, connectStdio, kinds, type Result, type TestClient } from "../mcp-server/testing/clients.ts";
import { type Product, startProduct } from "./setup/product.ts";

const root = join(import.meta.dirname, "..");
const jobs = { type: "ref/resource" as const, uri: "myspinbot://jobs/{id}" };
const files = { type: "ref/resource" as const, uri: "myspinbot://artifacts/{id}" };
const recipes = { type: "ref/resource" as const, uri: "myspinbot://artifacts/{id}/recipe" };
const shot = { type: "ref/prompt" as const, name: "product_shot" };

let product: Product;
let made: string[];
let uploaded: string;
beforeAll(async () => {
  product = await startProduct({ MYSPINBOT_PREVIEW: "1" });
  made = [];
  for (const prompt of ["a red fox", "a teapot"]) {
    const invoked = await product.client.invoke("render_image", { prompt, width: 64, height: 64 });
    if (invoked.kind !== "job") throw new Error("no job");
    made.push((await product.ended(invoked.job.id)).id);
  }
  const [drawn] = (await product.client.job(made[0] ?? "")).artifacts;
  const upload = await product.client.upload("my photo.png", await product.client.download(drawn?.id ?? "", { strip: true }));
  uploaded = upload.id;
}, 90_000);
afterAll(() => product?.close());

const stdio = (kind: (typeof kinds)[number]) =>
  connectStdio(kind, {
    command: process.execPath,
    args: ["--import", "tsx", join(root, "main.ts"), "mcp"],
    env: { PATH: process.env["PATH"] ?? "", MYSPINBOT_DATA: product.folder, MYSPINBOT_PORT: "0" },
  });

/** What holds for every way in. */
async function seen(client: TestClient): Promise<void> {
  expect((await client.prompts()).map(({ name }) => name)).toEqual([
    "portrait_series",
    "product_shot",
    "train_lora_from_photos",
    "talking_head",
  ]);
  expect(await client.prompt("product_shot", { product: "a teapot", count: "1" })).toContain("one call in all");
  await expect(client.prompt("product_shot", { product: "x", count: "9" })).rejects.toMatchObject({ code: -32602 });
  const [fox, teapot] = made;
  expect(await client.complete(jobs, "id", "")).toMatchObject({ values: [teapot, fox], total: 2, hasMore: false });
  expect((await client.complete(jobs, "id", "red fo")).values).toEqual([fox]);
  expect((await client.complete(files, "id", "")).values[0]).toBe(uploaded);
  expect((await client.complete(files, "id", "")).values).toHaveLength(3);
  expect((await client.complete(recipes, "id", "")).values).not.toContain(uploaded);
  expect((await client.complete(shot, "photo", "my pho")).values).toEqual([uploaded]);
  expect((await client.complete(shot, "model", "")).values.length).toBeGreaterThan(0);
  expect((await client.complete(shot, "lora", "")).values).toEqual([]);
}

describe.each(kinds)("%s", (kind) => {
  it("over HTTP", async () => {
    const client = await connectHttp(kind, new URL("/mcp", product.url));
    await seen(client);
    await client.close();
  });

  it("over stdio, before and after the studio was started again", async () => {
    const client = await stdio(kind);
    await seen(client);
    await product.restart();
    await seen(client);
    await client.close();
  });
});

it("the lists behind it are bounded: newest first, at most 200 at once", async () => {
  const [newest, ...more] = await product.client.artifacts(1);
  expect([newest?.id, more.length]).toEqual([uploaded, 0]);
  expect((await product.client.jobs(1)).map(({ id }) => id)).toEqual([made[1]]);
  for (const list of [product.client.artifacts(201), product.client.artifacts(0), product.client.jobs(201)])
    await expect(list).rejects.toMatchObject({ code: "invalid_input" });
});

describe("who does what a prompt says", () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await connectHttp("v2 modern", new URL("/mcp", product.url));
  });
  afterAll(() => client?.close());

  const fieldsOf = (message: string) =>
    JSON.parse(
      message
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .at(-1) ?? "",
    ) as object;
  const jobOf = ({ structuredContent = {} }: Result) =>
    structuredContent["job"] as {
      id: string;
      state: string;
      input: { seed: number; width: number; height: number };
      artifacts: { id: string }[];
    };
  const render = async (fields: object) => jobOf(await client.call("render_image", { ...fields, prompt: "an old sailor" }));
  const done = async (job: string) => jobOf(await client.call("wait_for_job", { job_id: job, timeout_s: 50 }, { timeout: 60_000 }));

  it("gets a series of one seed, and another take of one picture", async () => {
    const fields = fieldsOf(await client.prompt("portrait_series", { subject: "an old sailor", count: "2" }));
    const first = await render(fields);
    const second = await render({ ...fields, seed: first.input.seed });
    expect(second.input.seed).toBe(first.input.seed);
    expect(first.input.height).toBeGreaterThan(first.input.width);
    for (const { id } of [first, second]) expect(await done(id)).toMatchObject({ state: "succeeded", artifacts: [{}] });
    const again = jobOf(await client.call("reroll_job", { job_id: first.id, seed: first.input.seed }));
    expect((await done(again.id)).input.seed).toBe(first.input.seed);
  });

  it("gets product shots in the shape of the photo", async () => {
    const fields = fieldsOf(await client.prompt("product_shot", { product: "a teapot", count: "1", photo: uploaded }));
    const shot = await render(fields);
    expect(shot.input).toMatchObject({ init_image: uploaded, strength: 0.5 });
    expect(shot.input.width).toBe(shot.input.height);
    expect(await done(shot.id)).toMatchObject({ state: "succeeded" });
  });
});
