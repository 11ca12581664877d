import { afterEach, describe, expect, it } from "vitest";
import { adapterFor, closeAll, fakeOf, jobRun, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const never = new AbortController().signal;

describe("status", () => {
  it("says what it is and what VRAM it has, and its version as soon as that is known", async () => {
    const { fake, a1111 } = await pair();
    expect(await a1111.status()).toEqual({
      ...{ id: "a1111", title: "A1111/Forge", url: fake.url, state: "ready", vramTotalGb: 16, vramFreeGb: 11.5 },
    });
    await until("its version is known", async () => (await a1111.status()).version === "f2.0.1v1.10.1-previous-664-gd557aef9");
  });

  it("says nothing of VRAM where there is no card", async () => {
    const { a1111 } = await pair({ device: "cpu" });
    const status = await a1111.status();
    expect(status.vramTotalGb).toBeUndefined();
    expect(status.note).toContain("graphics card");
    expect(await a1111.vram?.(never)).toBeUndefined();
  });

  it("is absent where it was never configured or seen, else down; with the command that starts it", async () => {
    const fake = await fakeOf();
    await fake.stop();
    const state = async (configured: boolean, seen: boolean) => adapterFor(fake.url, { configured, seen: async () => seen }).status();
    expect(await state(false, false)).toMatchObject({
      state: "absent",
      fix: expect.stringContaining(`./webui.sh --api --port ${fake.port}`),
    });
    expect(await state(true, false)).toMatchObject({ state: "down", note: `${fake.url} does not answer` });
    expect(await state(false, true)).toMatchObject({ state: "down" });
  });

  it("says why it cannot be used where it was started without its API", async () => {
    const { a1111 } = await pair({ noApi: true });
    expect(await a1111.status()).toMatchObject({ state: "down", note: expect.stringContaining("--api") });
  });

  it("asks once for many who look at the same time", async () => {
    const { fake, a1111 } = await pair();
    await Promise.all([a1111.status(), a1111.status(), a1111.status()]);
    await a1111.status();
    expect(fake.calls.filter(({ path }) => path === "/sdapi/v1/memory")).toHaveLength(1);
  });

  it("tells free VRAM with what torch keeps for itself", async () => {
    const { a1111 } = await pair();
    expect(await a1111.vram?.(never)).toEqual({ totalGb: 16, freeGb: 11.625, keptGb: 0.125 });
  });
});

describe("release", () => {
  it("gives the card back and waits until that is so", async () => {
    const { fake, a1111 } = await pair();
    await a1111.image.render(request(), jobRun());
    await a1111.release(never);
    expect(fake.onCard()).toBe(false);
    // nothing loaded: nothing to wait for
    await a1111.release(never);
  });

  it("unloads only when nothing is drawn, and leaves a stranger's picture alone", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    fake.submitForeign({ steps: 60 });
    await until("it runs", () => fake.tasks()[0]?.state === "running");
    await a1111.release(never);
    expect(fake.tasks()[0]?.state).toBe("done");
    expect(fake.onCard()).toBe(false);
  });

  it("says so when VRAM does not come back within the limit", async () => {
    const { fake, a1111 } = await pair();
    fake.faults.keepVram = true;
    await expect(a1111.release(never)).rejects.toMatchObject({ code: "engine_failed", retryable: true });
  });

  it("ends with the signal while it waits for a stranger's picture", async () => {
    const { fake, a1111 } = await pair({ stepMs: 20 });
    fake.submitForeign({ steps: 1000 });
    await until("it runs", () => fake.tasks()[0]?.state === "running");
    const stop = new AbortController();
    const work = a1111.release(stop.signal);
    await until("it asked", () => fake.calls.some(({ path }) => path === "/sdapi/v1/progress"));
    stop.abort(new Error("shutting down"));
    await expect(work).rejects.toThrow("shutting down");
    expect(fake.onCard()).toBe(true);
  });

  it("counts a CPU as released after the call, and so an A1111 that is gone", async () => {
    const { fake, a1111 } = await pair({ device: "cpu" });
    await a1111.release(never);
    expect(fake.calls.filter(({ path }) => path.endsWith("/unload-checkpoint"))).toHaveLength(1);
    await fake.stop();
    await a1111.release(never);
  });
});
