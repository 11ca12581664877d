/** The table's rows about ComfyUI and Ollama: an address that never worked, a model that was never pulled, a program without anything to draw with. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type FakeOllamaOptions, startFakeOllama } from "../../agent/testing/fake-ollama.ts";
import { readConfig } from "../../config.ts";
import { standaloneStatus } from "../../standalone.ts";
import { startFakeComfyui } from "../../workers/engines/comfyui/testing/fake-comfyui.ts";
import { byUrgency } from "../doctor.ts";

const nobody = "http://127.0.0.1:9";
const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** What `doctor` shows while no studio runs. */
async function rowsOf(env: Record<string, string>, container = false) {
  const { rows } = await standaloneStatus(readConfig({ COMFYUI_URL: nobody, OLLAMA_URL: nobody, ...env }), "1", container);
  return { all: rows, comfyui: rows.find(({ part }) => part === "ComfyUI"), model: rows.find(({ part }) => part === "Chat model") };
}
async function ollama(options: FakeOllamaOptions): Promise<string> {
  const server = await startFakeOllama(options);
  open.push(server);
  return server.url;
}
async function comfyui(options: Parameters<typeof startFakeComfyui>[0] = {}): Promise<string> {
  const server = await startFakeComfyui(options);
  open.push(server);
  return server.url;
}
async function page(): Promise<string> {
  const server = createServer((_, response) => response.end("<title>Pi-hole</title>"));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  open.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("ComfyUI", () => {
  it("without a checkpoint says by which command one comes, and where to put one's own; and counts as what does not work", async () => {
    const { comfyui: row } = await rowsOf({ COMFYUI_URL: await comfyui({ models: { checkpoints: [] } }) });
    expect(row).toMatchObject({
      state: "down",
      what: expect.stringContaining("no checkpoint"),
      fix: expect.stringMatching(/npm run models -- get sdxl --accept.*models\/checkpoints/),
    });
    expect((await rowsOf({ COMFYUI_URL: await comfyui() })).comfyui?.state).toBe("ok");
  });

  it("that draws on the processor, or on a smaller card than was said, is told with what helps", async () => {
    expect((await rowsOf({ COMFYUI_URL: await comfyui({ device: "cpu" }) })).comfyui).toMatchObject({
      ...{
        state: "info",
        what: expect.stringContaining("on the processor: it sees no GPU"),
        fix: expect.stringContaining("compose:check"),
      },
    });
    const url = await comfyui();
    expect((await rowsOf({ COMFYUI_URL: url, MYSPINBOT_VRAM_GB: "16" })).comfyui?.state).toBe("ok");
    expect((await rowsOf({ COMFYUI_URL: url, MYSPINBOT_VRAM_GB: "24" })).comfyui).toMatchObject({
      state: "info",
      fix: "MYSPINBOT_VRAM_GB=16",
    });
  });

  it("that is another program, or a container's own localhost, is told so", async () => {
    const other = await page();
    expect((await rowsOf({ COMFYUI_URL: other })).comfyui).toMatchObject({
      ...{
        state: "down",
        what: `${other} is not ComfyUI, it is a web page named "Pi-hole"`,
        fix: "Set COMFYUI_URL to the address of ComfyUI",
      },
    });
    expect((await rowsOf({}, true)).comfyui?.fix).toContain("COMFYUI_URL=http://host.docker.internal:9");
  });
});

describe("the chat model", () => {
  it("that is not pulled: the command, and which there are", async () => {
    const url = await ollama({ models: ["qwen3:4b", "mistral:7b"] });
    expect((await rowsOf({ OLLAMA_URL: url, OLLAMA_MODEL: "qwen3:8b" })).model).toEqual({
      ...{ part: "Chat model", state: "down", what: `qwen3:8b is not pulled in Ollama at ${url}, which has qwen3:4b, mistral:7b` },
      fix: "ollama pull qwen3:8b, or set OLLAMA_MODEL=qwen3:4b",
    });
    const empty = await rowsOf({ OLLAMA_URL: await ollama({ models: [] }), OLLAMA_MODEL: "qwen3:8b" });
    expect(empty.model).toMatchObject({ what: expect.stringContaining("which has no model"), fix: "ollama pull qwen3:8b" });
  });

  it("that calls no tools, or looks at no pictures, says so", async () => {
    const blind = await rowsOf({ OLLAMA_URL: await ollama({ models: ["qwen3:4b"] }) });
    expect(blind.model).toMatchObject({ state: "ok", what: expect.stringMatching(/qwen3:4b.*does not look at pictures/) });
    const seeing = await ollama({ models: [{ name: "qwen3-vl:4b", capabilities: ["completion", "tools", "vision"] }] });
    expect((await rowsOf({ OLLAMA_URL: seeing })).model?.what).not.toContain("pictures");
    const plain = await rowsOf({ OLLAMA_URL: await ollama({ models: ["olmo2:7b"] }) });
    expect(JSON.stringify(plain.model)).toMatch(/olmo2:7b/);
    expect(JSON.stringify(plain.model)).toMatch(/tools|guided/);
  });

  it("at a wrong address is told with its cause", async () => {
    const { model } = await rowsOf({ OLLAMA_URL: await comfyui() });
    expect(model).toMatchObject({ state: "down", what: expect.stringContaining("it is ComfyUI") });
    expect((await rowsOf({ OPENAI_BASE_URL: `${nobody}/v1`, OPENAI_MODEL: "m" }, true)).model?.fix).toContain(
      "OPENAI_BASE_URL=http://host.docker.internal:9/v1",
    );
  });
});

it("what was never set and is not there stays absent, with the container's way to it where there is one", async () => {
  const absent = async (container: boolean) => {
    const config = readConfig({});
    const unset = { ...config, comfyui: { url: nobody, configured: false }, ollama: { url: nobody, configured: false } };
    return (await standaloneStatus(unset, "1", container)).rows.map(({ part, state, fix }) => ({ part, state, fix }));
  };
  for (const row of await absent(false))
    expect([row.state, row.fix]).not.toContainEqual(expect.stringMatching(/down|host\.docker\.internal/));
  const inside = await absent(true);
  expect(inside.every(({ state }) => state === "absent")).toBe(true);
  expect(inside.find(({ part }) => part === "ComfyUI")?.fix).toContain("COMFYUI_URL=http://host.docker.internal:9");
});

it("something else at a usual address that nobody set is named, and does not count as a mistake", async () => {
  const other = await page();
  const config = { ...readConfig({}), comfyui: { url: other, configured: false }, ollama: { url: nobody, configured: false } };
  const row = (await standaloneStatus(config, "1", false)).rows.find(({ part }) => part === "ComfyUI");
  expect(row).toMatchObject({ state: "absent", what: expect.stringContaining('it is a web page named "Pi-hole"') });
});

it("a database at a container's own localhost is told so; and what is wrong comes first", async () => {
  const { all } = await rowsOf({ DATABASE_URL: "postgresql://u:sesame@127.0.0.1:1/x" }, true);
  const database = all.find(({ part }) => part === "Database");
  expect(database?.fix).toContain("host.docker.internal");
  expect(JSON.stringify(database)).not.toContain("sesame");
  expect(byUrgency(all).map(({ state }) => state)).toEqual(["down", "down", "down", "absent", "absent"]);
});
