/** When the chat model is loaded before anybody asks, and when it is not. */
import { describe, expect, it } from "vitest";
import { createCard } from "../../core/card.ts";
import { silentLog } from "../../core/log.ts";
import type { HeldModel } from "../../core/ports/card.ts";
import { memoryLedger } from "../../core/testing/memory-ledger.ts";
import { scriptedEngine } from "../testing/scripted-engine.ts";
import { createFakeCard } from "../testing/vram/card.ts";
import { warmUp } from "./warm.ts";

const never = new AbortController().signal;

function rig(more: { waits?: boolean; held?: HeldModel[]; next?: boolean } = {}) {
  const vram = createFakeCard();
  const ledger = memoryLedger();
  const card = createCard(ledger);
  const order: string[] = [];
  const engine = (id: string) =>
    scriptedEngine(id, {
      title: id,
      gpu: true,
      vram: async () => ({ totalGb: vram.totalGb, freeGb: vram.freeGb() }),
      release: async () => undefined,
    });
  const parts = {
    engines: [engine("comfyui"), engine("other"), scriptedEngine("cpu")],
    card,
    chat: {
      held: async () => more.held ?? [],
      release: async () => undefined,
      next: async () => (more.next === false ? undefined : { model: "mistral", gb: 5 }),
      async warm() {
        order.push((await card.now()) ? "warmed beside a job" : "warmed");
      },
    },
    room: {
      async release({ name }: { name: string }) {
        order.push(name);
        vram.give(name);
        return { outcome: "freed" as const };
      },
    },
    waits: async () => more.waits ?? false,
    log: silentLog,
    times: { quiet: 0, talk: 600_000 },
  };
  const talk = async () => (await card.enter({ model: "mistral", gb: 5 }))?.leave();
  return { vram, ledger, card, order, talk, warm: () => warmUp(parts, never) };
}

describe("the chat model is loaded", () => {
  it("where somebody talked a while ago", async () => {
    const { talk, warm, order, ledger } = rig();
    await talk();
    ledger.later(599_000);
    expect(await warm()).toBe(true);
    expect(order).toEqual(["warmed"]);
  });
  it("after what is in its way has gone, and no more than that", async () => {
    const { talk, warm, order, vram } = rig();
    vram.take("comfyui", 12);
    vram.take("other", 1);
    await talk();
    expect(await warm()).toBe(true);
    expect(order).toEqual(["comfyui", "warmed"]);
  });
  it("on a seat that a job waits for", async () => {
    const { talk, warm, card } = rig();
    await talk();
    await warm();
    const hold = await card.take("w", { family: "f", vramGb: 1 });
    expect(await hold.turns()).toBeUndefined();
  });
});

describe("it is not loaded", () => {
  it("where nobody has talked", async () => {
    expect(await rig().warm()).toBe(false);
  });
  it("where somebody talked too long ago", async () => {
    const { talk, warm, ledger } = rig();
    await talk();
    ledger.later(601_000);
    expect(await warm()).toBe(false);
  });
  it.each([
    ["work waits", { waits: true }],
    ["it is loaded already", { held: [{ name: "mistral", gb: 5, ours: true }] }],
    ["there is none", { next: false }],
  ])("where %s", async (_name, more) => {
    const { talk, warm, order } = rig(more);
    await talk();
    expect(await warm()).toBe(false);
    expect(order).toEqual([]);
  });
  it("while a job has the card", async () => {
    const { talk, warm, order, card } = rig();
    await talk();
    await card.take("w", { family: "comfy-sdxl", vramGb: 10 });
    expect(await warm()).toBe(false);
    expect(order).toEqual([]);
  });
});
