import { afterEach, describe, expect, it } from "vitest";
import { comfyRun } from "./testing/run.ts";
import { adapterFor, closeAll, fakeOf, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

describe.each(["new", "old"] as const)("status and release, %s dialect", (dialect) => {
  it("says what it is and what VRAM it has", async () => {
    const { fake, comfyui } = await pair({ dialect });
    expect(await comfyui.status()).toEqual({
      id: "comfyui",
      title: "ComfyUI",
      url: fake.url,
      state: "ready",
      version: dialect === "new" ? "0.33.0" : "0.3.64",
      vramTotalGb: 16,
      vramFreeGb: 15.5,
    });
  });

  it("does not call RAM VRAM", async () => {
    const { comfyui } = await pair({ dialect, device: "cpu" });
    const status = await comfyui.status();
    expect(status.vramTotalGb).toBeUndefined();
    expect(status.note).toContain("CPU");
  });

  it("is absent where it was never configured or seen, else down; with the command that starts it", async () => {
    const fake = await fakeOf({ dialect });
    await fake.stop();
    const state = async (configured: boolean, seen: boolean) => adapterFor(fake.url, { configured, seen: async () => seen }).status();
    expect(await state(false, false)).toMatchObject({
      state: "absent",
      fix: expect.stringContaining(`python main.py --listen 127.0.0.1 --port ${fake.port}`),
    });
    expect(await state(true, false)).toMatchObject({ state: "down", note: `${fake.url} does not answer` });
    expect(await state(false, true)).toMatchObject({ state: "down" });
  });

  it("says why it cannot be used where something else answers", async () => {
    const { fake, comfyui } = await pair({ dialect });
    fake.faults.html = true;
    expect(await comfyui.status()).toMatchObject({ state: "down", note: expect.stringContaining("not ComfyUI") });
  });

  it("asks once for many who look at the same time", async () => {
    const { fake, comfyui } = await pair({ dialect });
    await Promise.all([comfyui.status(), comfyui.status(), comfyui.status()]);
    await comfyui.status();
    expect(fake.calls.filter((call) => call.path === "/system_stats")).toHaveLength(1);
  });

  it("rule 9: gives the card back and waits until that is so", async () => {
    const { fake, comfyui } = await pair({ dialect });
    await comfyui.image.render(request(), comfyRun());
    expect(fake.loadedGb()).toBe(4);
    await comfyui.release(new AbortController().signal);
    expect(fake.loadedGb()).toBe(0);
    // nothing loaded: nothing to wait for
    await comfyui.release(new AbortController().signal);
  });

  it("rule 9: frees only when nothing runs, and leaves a foreign prompt alone", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 5 });
    await fake.submitForeign({ steps: 60 });
    await until("it runs", () => fake.prompts()[0]?.state === "running");
    await comfyui.release(new AbortController().signal);
    expect(fake.prompts()[0]?.state).toBe("completed");
    expect(fake.loadedGb()).toBe(0);
    const free = fake.calls.findIndex((call) => call.path === "/free");
    expect(fake.calls.slice(0, free).some((call) => call.path === "/queue")).toBe(true);
  });

  it("rule 9: says so when VRAM does not come back within the limit", async () => {
    const { fake, comfyui } = await pair({ dialect });
    await comfyui.image.render(request(), comfyRun());
    fake.faults.keepVram = true;
    await expect(comfyui.release(new AbortController().signal)).rejects.toMatchObject({ code: "engine_failed", retryable: true });
  });

  it("waiting to free ends with the signal", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 20 });
    await fake.submitForeign({ steps: 1000 });
    const stop = new AbortController();
    const work = comfyui.release(stop.signal);
    await until("it asked", () => fake.calls.some((call) => call.path === "/queue"));
    stop.abort(new Error("shutting down"));
    await expect(work).rejects.toThrow("shutting down");
    expect(fake.calls.some((call) => call.path === "/free")).toBe(false);
  });

  it("a CPU counts as released after the call, and so does a ComfyUI that is gone", async () => {
    const { fake, comfyui } = await pair({ dialect, device: "cpu" });
    await comfyui.release(new AbortController().signal);
    expect(fake.calls.filter((call) => call.path === "/free")).toHaveLength(1);
    await fake.stop();
    await comfyui.release(new AbortController().signal);
  });
});
