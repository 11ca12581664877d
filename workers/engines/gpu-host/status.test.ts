/** What gpu-host's row says: ready, down with its cause, absent; what it can train on. */
import { afterEach, describe, expect, it } from "vitest";
import { adapterFor, closeAll, fakeOf, pair } from "./testing/setup.ts";

afterEach(closeAll);

describe("status", () => {
  it("ready, with versions and memory", async () => {
    const { fake, gpuHost } = await pair();
    expect(await gpuHost.status()).toEqual({
      ...{ id: "gpu-host", title: "gpu-host", url: fake.url, state: "ready" },
      version: "0.1.0 (sd-scripts 48d368f, f5-tts 1.0, sadtalker 1.0)",
      ...{ vramTotalGb: 16, vramFreeGb: 15 },
    });
    expect(await gpuHost.vram?.(AbortSignal.timeout(5000))).toEqual({ totalGb: 16, freeGb: 15 });
  });

  it("one in which nothing works is down, and says why", async () => {
    const { gpuHost } = await pair({
      problems: ["The python of sd-scripts is not there."],
      others: [{ id: "f5-tts", problems: ["No weights."] }],
    });
    const status = await gpuHost.status();
    expect(status).toMatchObject({ state: "down", fix: expect.stringContaining("gpu-host.toml") });
    expect(status.note).toContain("It cannot train: The python of sd-scripts is not there. It cannot speak: No weights.");
  });

  it("one in which something works is ready, and says what does not", async () => {
    const { gpuHost } = await pair({ others: [{ id: "f5-tts", problems: ["[f5_tts] is not in gpu-host.toml."] }] });
    expect(await gpuHost.status()).toMatchObject({ state: "ready", note: "It cannot speak: [f5_tts] is not in gpu-host.toml." });
  });

  it("absent where it was never configured or seen, down where it was", async () => {
    const fake = await fakeOf();
    await fake.stop();
    const states = await Promise.all(
      [
        { configured: false, seen: async () => false },
        { configured: true, seen: async () => false },
        { configured: false, seen: async () => true },
      ].map((known) => adapterFor(fake.url, known).status()),
    );
    expect(states.map(({ state }) => state)).toEqual(["absent", "down", "down"]);
    for (const { fix } of states) expect(fix).toContain("python -m gpu_host");
  });

  it("another program at its address, and a wrong key, are told apart and without the key", async () => {
    const fake = await fakeOf({ key: "k".repeat(20) });
    expect((await adapterFor(fake.url).status()).note).toContain("asks for a key");
    const wrong = await adapterFor(fake.url, { key: "hunter2hunter2hunter2" }).status();
    expect(wrong.note).toContain("does not take the key");
    expect(JSON.stringify(wrong)).not.toContain("hunter2");
    const page = adapterFor(fake.url, { fetch: async () => new Response("<html>", { status: 200 }) });
    expect((await page.status()).note).toContain("another program listens there");
    const proxy = adapterFor(fake.url, { fetch: async () => new Response("bad gateway", { status: 502 }) });
    expect((await proxy.status()).note).toContain("does not answer");
  });
});

it("the key goes to gpu-host alone, in a header", async () => {
  const { fake, gpuHost } = await pair({ key: "k".repeat(20) }, { key: "k".repeat(20) });
  await gpuHost.status();
  expect(fake.calls.every(({ authorization }) => authorization === `Bearer ${"k".repeat(20)}`)).toBe(true);
  expect(fake.calls.every(({ path }) => !path.includes("kkk"))).toBe(true);
});

describe("what it offers", () => {
  it("is what gpu-host lists as ready", async () => {
    const { gpuHost } = await pair({ others: [{ id: "f5-tts", problems: ["No weights."] }, { id: "wav2lip" }] });
    expect(await Promise.all((["train", "speech", "lips", "image"] as const).map((can) => gpuHost.offers?.(can)))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(gpuHost.lips.takes).toEqual(["video"]);
  });

  it("is as last seen while gpu-host does not answer, and nothing where it never did", async () => {
    const { fake, gpuHost } = await pair();
    expect([await gpuHost.offers?.("speech"), await gpuHost.offers?.("lips"), gpuHost.lips.takes]).toEqual([true, true, ["picture"]]);
    await fake.stop();
    expect(await gpuHost.offers?.("speech")).toBe(true);
    expect(await adapterFor(fake.url).offers?.("speech")).toBe(false);
  });
});

it("base models are a list of their own: nothing can be drawn with them here", async () => {
  const { fake, gpuHost } = await pair();
  expect(await gpuHost.models()).toEqual({
    ...{ engine: "gpu-host", checkpoints: [], loras: [], upscalers: [] },
    bases: [
      { name: "sd-v1-5.safetensors", family: "sd15", licence: "CreativeML Open RAIL-M" },
      { name: "sd_xl_base_1.0.safetensors", family: "sdxl", licence: "CreativeML Open RAIL++-M" },
    ],
  });
  await fake.stop();
  expect((await gpuHost.models()).note).toContain("as last seen");
});
