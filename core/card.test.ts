/** Who may use the card, and that the dead block nobody. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCard, emptyCardState } from "./card.ts";
import { memoryLedger } from "./testing/memory-ledger.ts";

const job = { family: "comfy-sdxl", vramGb: 10 };
const chat = { model: "mistral:7b", gb: 5 };

/** As after `kill -9`: nothing is renewed any more. */
const killed = () => void vi.spyOn(globalThis, "setInterval").mockReturnValue({ unref() {} } as never);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("the card", () => {
  it("lets a chat model on while nothing runs, and none while something does that leaves no room", async () => {
    const card = createCard(memoryLedger());
    const seat = await card.enter(chat);
    expect(seat).toBeDefined();
    await seat?.leave();
    const hold = await card.take("w", job);
    expect(await card.enter(chat)).toBeUndefined();
    await hold.spare(4.9);
    expect(await card.enter(chat)).toBeUndefined();
    await hold.spare(5);
    expect(await card.enter(chat)).toBeDefined();
    expect(await card.now()).toMatchObject({ family: "comfy-sdxl", vramGb: 10, spareGb: 5 });
    await hold.end();
    expect(await card.now()).toBeUndefined();
  });

  it("tells a job who was let on before it took the card, once for all turns of one model", async () => {
    const card = createCard(memoryLedger());
    const hold = await card.take("w", job);
    expect(await hold.turns()).toBeUndefined();
    await hold.end();
    const seats = [await card.enter(chat), await card.enter(chat), await card.enter({ model: "small", gb: 2 })];
    const next = await card.take("w", job);
    expect(await next.turns()).toBe(7);
    for (const seat of seats) await seat?.leave();
    expect(await next.turns()).toBeUndefined();
  });

  it("has room for two models only where both fit, and for one of unknown size only while nothing runs", async () => {
    const card = createCard(memoryLedger());
    const hold = await card.take("w", job);
    await hold.spare(6);
    expect(await card.enter({ model: "unknown" })).toBeUndefined();
    expect(await card.enter(chat)).toBeDefined();
    expect(await card.enter({ model: "small", gb: 2 })).toBeUndefined();
    expect(await card.enter(chat)).toBeDefined();
    await hold.end();
    expect(await card.enter({ model: "unknown" })).toBeDefined();
    expect(await (await card.take("w", job)).turns()).toBe(Number.POSITIVE_INFINITY);
  });

  it("of another machine, on which no chat model lies, hinders no turn and waits for none", async () => {
    const ledger = memoryLedger();
    const [near, far] = [createCard(ledger), createCard(ledger, { apart: true })];
    const hold = await far.take("far", job);
    expect(await near.now()).toBeUndefined();
    expect(await near.enter(chat)).toBeDefined();
    expect(await hold.turns()).toBeUndefined();
    await near.take("near", job);
    expect(await near.now()).toMatchObject({ spareGb: 0 });
    expect(await near.enter(chat)).toBeUndefined();
  });

  it("stays taken as long as its worker lives", async () => {
    const card = createCard(memoryLedger());
    await card.take("living", job);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await card.now()).toBeDefined();
  });

  it("is free again when its worker is dead, and not before", async () => {
    const card = createCard(memoryLedger());
    killed();
    await card.take("w", job);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(await card.enter(chat)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await card.enter(chat)).toBeDefined();
  });

  it("is not held up by a chat whose process is dead", async () => {
    const card = createCard(memoryLedger());
    killed();
    await card.enter(chat);
    const hold = await card.take("w", job);
    expect(await hold.turns()).toBe(5);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await hold.turns()).toBeUndefined();
  });

  it("stays taken over a database that is away for a moment", async () => {
    const shared = memoryLedger();
    const card = createCard(shared);
    await card.take("w", job);
    shared.away = true;
    await vi.advanceTimersByTimeAsync(15_000);
    shared.away = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await card.now()).toBeDefined();
  });

  it("is taken again where its machine slept and was thought dead meanwhile, with what was left beside it", async () => {
    const state = emptyCardState();
    let slept = 0;
    const card = createCard({ change: async (work) => work(state, Date.now() + slept) });
    const hold = await card.take("w", job);
    await hold.spare(1);
    slept = 60_000;
    await (await card.enter(chat))?.leave();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await card.now()).toMatchObject({ family: "comfy-sdxl", spareGb: 1 });
    expect(await card.enter(chat)).toBeUndefined();
    await hold.end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await card.now()).toBeUndefined();
  });

  it("belongs to the worker's newest job; the end of an older one ends nothing", async () => {
    const card = createCard(memoryLedger());
    const old = await card.take("w", job);
    await card.take("w", { family: "comfy-sd15", vramGb: 4 });
    await old.spare(9);
    await old.end();
    expect(await card.now()).toMatchObject({ family: "comfy-sd15", spareGb: 0 });
  });

  it("leaves as much as the worker that leaves least", async () => {
    const card = createCard(memoryLedger());
    await (await card.take("one", job)).spare(9);
    await (await card.take("two", job)).spare(1);
    expect(await card.enter(chat)).toBeUndefined();
  });

  it("remembers when somebody talked and with what; a model that is warmed says nothing", async () => {
    const card = createCard(memoryLedger());
    await card.enter({ model: "small" }, { quiet: true });
    expect(await card.talk()).toEqual({ agoMs: undefined, models: ["small"] });
    await card.enter(chat);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await card.talk()).toEqual({ agoMs: 5000, models: ["mistral:7b", "small"] });
  });
});
