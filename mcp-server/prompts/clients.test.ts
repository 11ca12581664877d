/** Prompts and completion as real clients see them over HTTP: SDK v2 in both eras and SDK v1. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../core/failure.ts";
import { silentLog } from "../../core/log.ts";
import type { Tool } from "../../core/tool.ts";
import { studioDoor } from "../door.ts";
import { createMcpHttp } from "../http.ts";
import { connectHttp, kinds, type TestClient } from "../testing/clients.ts";
import { startServer, type TestServer } from "../testing/http-server.ts";
import { answer, modern } from "../testing/raw.ts";
import { scriptedStudio } from "../testing/scripted-studio.ts";
import { prompts } from "./index.ts";

const ofPrompt = (name: string) => ({ type: "ref/prompt" as const, name });
const ofResource = (uri: string) => ({ type: "ref/resource" as const, uri });

describe.each(kinds)("%s", (kind) => {
  let server: TestServer;
  let client: TestClient;
  const make = async (as: TestClient, prompt: string): Promise<string> => {
    const { structuredContent = {} } = await as.call("render_image", { prompt });
    return (structuredContent["job"] as { id: string }).id;
  };
  const fileOf = (job: string) => server.studio.jobs.get(job)?.artifacts[0]?.id ?? "";
  const withModels = (...names: string[]) => {
    const of = (name: string) => ({ name, family: "sdxl" });
    server.studio.models = async () => [{ engine: "comfyui", checkpoints: names.map(of), loras: [of("ink.safetensors")], upscalers: [] }];
  };
  beforeEach(async () => {
    server = await startServer();
    client = await connectHttp(kind, server.url);
  });
  afterEach(async () => {
    await client.close();
    await server.close();
  });

  it("lists every prompt, as its tools are there, each argument described", async () => {
    const listed = await client.prompts();
    expect(listed.map(({ name }) => name)).toEqual(prompts.map(({ name }) => name));
    for (const prompt of listed) {
      expect(prompt.title && prompt.description).toBeTruthy();
      for (const arg of prompt.arguments ?? []) expect(arg, arg.name).toMatchObject({ description: expect.stringMatching(/.{10}/) });
    }
    expect(listed[0]?.arguments?.filter(({ required }) => required).map(({ name }) => name)).toEqual(["subject"]);
  });

  it("offers the others as soon as the catalogue has their tools", async () => {
    const all = [...server.studio.tools];
    (server.studio.tools as Tool[]).splice(0, all.length, ...all.filter(({ name }) => name !== "clone_voice"));
    await expect(client.prompt("talking_head", {})).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining("needs tools that this studio does not have: clone_voice"),
    });
    expect((await client.prompts()).map(({ name }) => name)).not.toContain("talking_head");
    (server.studio.tools as Tool[]).splice(0, all.length, ...all);
    expect((await client.prompts()).map(({ name }) => name)).toEqual(prompts.map(({ name }) => name));
    const photos = "art_0123456789abcdef, art_0123456789abcdeg";
    expect(await client.prompt("train_lora_from_photos", { photos, name: "june" })).toContain("the 2 photos");
    expect(await client.prompt("talking_head", { photo: "art_0123456789abcdef", words: "Hi.", voice: "june" })).toContain("make_clip");
  });

  it("gives the message, empty fields of a form left out", async () => {
    const text = await client.prompt("portrait_series", { subject: "an old sailor", count: "3", style: "", job: " " });
    expect(text).toContain('{"subject":"an old sailor"}');
    expect(text).toContain("3 calls in all");
    expect(text).not.toContain("get_job");
  });

  it("refuses what it does not know, and says what there is", async () => {
    const refused = (message: string) => ({ code: -32602, message: expect.stringContaining(message) });
    await expect(client.prompt("portrait_serie", { subject: "x" })).rejects.toMatchObject(refused("Did you mean portrait_series?"));
    await expect(client.prompt("product_shot", {})).rejects.toMatchObject(refused("product: is missing"));
    await expect(client.prompt("product_shot", { product: "x", count: "9" })).rejects.toMatchObject(
      refused("count: must be a whole number, 1 to 8"),
    );
    await expect(client.prompt("product_shot", { product: "x", colour: "red" })).rejects.toMatchObject(
      refused("colour: unknown field; allowed here: product"),
    );
    await expect(client.complete(ofPrompt("no_such"), "x", "")).rejects.toMatchObject(refused("There are: portrait_series, product_shot"));
    await expect(client.complete(ofPrompt("product_shot"), "colour", "")).rejects.toMatchObject(refused("It has: product, setting"));
    await expect(client.complete(ofResource("file:///{path}"), "path", "")).rejects.toMatchObject(
      refused("There are: myspinbot://artifacts/{id}"),
    );
    await expect(client.complete(ofResource("myspinbot://jobs/{id}"), "ids", "")).rejects.toMatchObject(refused("It has: id."));
  });

  it("completes models, LoRAs and fixed words; nothing for free text", async () => {
    withModels("sd_xl_base_1.0.safetensors", "juggernautXL_v9.safetensors");
    const complete = (name: string, value: string) => client.complete(ofPrompt("portrait_series"), name, value);
    expect(await complete("model", "sd")).toMatchObject({ values: ["sd_xl_base_1.0.safetensors"], total: 1, hasMore: false });
    expect((await complete("model", "jugernaut")).values).toEqual(["juggernautXL_v9.safetensors"]);
    expect((await complete("lora", "")).values).toEqual(["ink.safetensors"]);
    expect((await complete("aspect", "16")).values).toEqual(["16:9", "9:16"]);
    expect(await complete("subject", "a")).toMatchObject({ values: [], total: 0, hasMore: false });
  });

  it("gives at most 100 values, and says how many there are", async () => {
    withModels(...Array.from({ length: 130 }, (_, index) => `model-${index}.safetensors`));
    const { values, total, hasMore } = await client.complete(ofPrompt("product_shot"), "model", "model");
    expect([values.length, values[0], total, hasMore]).toEqual([100, "model-0.safetensors", 130, true]);
  });

  it("completes every resource template with the person's own jobs and files, by id and by words", async () => {
    const [fox, teapot] = [await make(client, "a red fox"), await make(client, "a teapot")];
    server.studio.succeed(fox);
    for (const uri of await client.templates()) {
      const { values } = await client.complete(ofResource(uri), "id", "");
      expect([...values].sort(), uri).toEqual(uri.includes("/jobs/") ? [fox, teapot].sort() : [fileOf(fox)]);
    }
    const jobs = (value: string) => client.complete(ofResource("myspinbot://jobs/{id}"), "id", value);
    expect((await jobs("teapot")).values).toEqual([teapot]);
    expect((await jobs(fox.slice(0, 12))).values).toEqual([fox]);
    expect((await client.complete(ofPrompt("product_shot"), "photo", "red fox")).values).toEqual([fileOf(fox)]);
    expect((await client.complete(ofPrompt("portrait_series"), "job", "fox")).values).toEqual([fox]);
  });

  it("never completes another's", async () => {
    const bob = await connectHttp(kind, server.url, "bob");
    const theirs = await make(bob, "a secret fox");
    server.studio.succeed(theirs);
    const file = fileOf(theirs);
    for (const [uri, id] of [
      ["myspinbot://jobs/{id}", theirs],
      ["myspinbot://artifacts/{id}", file],
      ["myspinbot://artifacts/{id}/recipe", file],
    ] as const)
      for (const value of ["", id, id.slice(0, 10), "fox", "secrte"])
        expect((await client.complete(ofResource(uri), "id", value)).values, `${uri} ${value}`).toEqual([]);
    expect((await client.complete(ofPrompt("product_shot"), "photo", file)).values).toEqual([]);
    expect((await bob.complete(ofResource("myspinbot://jobs/{id}"), "id", "")).values).toEqual([theirs]);
    await bob.close();
  });

  it("says in the studio's words why it cannot complete, and gives nothing away of what nobody foresaw", async () => {
    const jobs = () => client.complete(ofResource("myspinbot://jobs/{id}"), "id", "");
    server.studio.list = () => Promise.reject(new Failure("database_unavailable", "The database is away. Try again."));
    await expect(jobs()).rejects.toMatchObject({
      code: -32603,
      message: expect.stringContaining("database_unavailable: The database is away."),
    });
    server.studio.list = () => Promise.reject(new Error("password=hunter2"));
    await expect(jobs()).rejects.toMatchObject({ code: -32603, message: expect.not.stringContaining("hunter2") });
  });

  it("completes one of several photos, and voices as soon as the studio lists them", async () => {
    expect((await client.complete(ofPrompt("talking_head"), "voice", "")).values).toEqual([]);
    const [one, two] = [await make(client, "one"), await make(client, "two")];
    for (const job of [one, two]) server.studio.succeed(job);
    const head = `${fileOf(one)}, `;
    const { values } = await client.complete(ofPrompt("train_lora_from_photos"), "photos", head);
    expect(values).toEqual([`${head}${fileOf(two)}`]);
    expect((await client.complete(ofPrompt("talking_head"), "recording", "")).values).toEqual([]);
  });
});

it("says titles of arguments on the wire, which these clients drop", async () => {
  const studio = scriptedStudio();
  const mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1", log: silentLog });
  const { result = {} } = await answer(await mcp.handle(modern("prompts/list", {}), { id: "ann" }));
  const [first] = result["prompts"] as { arguments: { title?: string }[] }[];
  expect(first?.arguments[0]).toMatchObject({ name: "subject", title: "Who", required: true });
  expect(first?.arguments.filter(({ title }) => !title)).toEqual([]);
  await mcp.close();
});
