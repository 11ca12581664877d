/** Who gives memory of the card back, when, and what is said where it does not come. */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createCard } from "../core/card.ts";
import { Failure } from "../core/failure.ts";
import { silentLog } from "../core/log.ts";
import type { ChatLoad, ChatMemory } from "../core/ports/card.ts";
import type { Engine } from "../core/ports/engine.ts";
import { memoryLedger } from "../core/testing/memory-ledger.ts";
import { createGpu, type GpuTimes } from "./gpu.ts";
import { engineList, scriptedEngine } from "./testing/scripted-engine.ts";
import { createFakeCard } from "./testing/vram/card.ts";

const quick: GpuTimes = { release: 500, settle: 100, turn: 200, stranger: 200, poll: 1, quiet: 5, talk: 60_000, letGo: 20 };

interface Options {
  /** Whether engines tell what is free. Default true. */
  tells?: boolean;
  vramGb?: number;
  totalGb?: number;
  times?: Partial<GpuTimes>;
  /** Milliseconds until memory that was given back is free. */
  lateMs?: number;
  /** Names of chat models that are not ours. */
  others?: string[];
}

/** An engine that holds what its jobs load, a chat model, and a card that keeps account of both. */
function rig({ tells = true, vramGb = 16, totalGb = 16, lateMs = 0, others = [], ...more }: Options = {}) {
  const vram = createFakeCard(totalGb, 1);
  const order: string[] = [];
  const notes: string[] = [];
  const metrics: string[] = [];
  const warmed: string[] = [];
  const give = (who: string) => (lateMs > 0 ? void setTimeout(() => vram.give(who), lateMs) : vram.give(who));
  const engine = (id: string, families: string[]): Engine =>
    scriptedEngine(id, {
      title: id,
      gpu: true,
      families,
      ...(tells ? { vram: async () => ({ totalGb: vram.totalGb, freeGb: vram.freeGb() }) } : {}),
      async release() {
        order.push(id);
        vram.give(id);
      },
    });
  const [comfyui, trainer] = [engine("comfyui", ["comfy-sd15", "comfy-sdxl"]), engine("trainer", ["train"])];
  const models = new Map<string, number>();
  const chat: ChatMemory & { load(name: string, gb: number): void; stays: boolean } = {
    stays: false,
    load(name, gb) {
      vram.take(name, gb);
      models.set(name, gb);
    },
    held: async () => [...models].map(([name, gb]) => ({ name, gb, ours: !others.includes(name) })),
    async release() {
      order.push("chat");
      if (chat.stays) throw new Failure("engine_failed", "Ollama keeps it.");
      for (const name of models.keys())
        if (!others.includes(name)) {
          models.delete(name);
          give(name);
        }
    },
    next: async (): Promise<ChatLoad> => ({ model: "mistral", gb: 5 }),
    async warm({ model, gb = 0 }) {
      warmed.push(model);
      chat.load(model, gb);
    },
  };
  const ledger = memoryLedger();
  const card = createCard(ledger);
  const gpu = createGpu({
    ...{ engines: engineList(comfyui, trainer, scriptedEngine("cpu")), card, chat, vramGb, log: silentLog, worker: "w" },
    metrics: { cardReleased: (holder, outcome) => void metrics.push(`${holder} ${outcome}`) },
    times: { ...quick, ...more.times },
  });
  /** A job that takes what it needs and leaves it there, as an engine does. */
  const run = (
    family: string,
    gb: number,
    work: () => Promise<void> = async () => undefined,
    signal = new AbortController().signal,
    fresh = () => true,
  ) => {
    const on = family === "train" ? trainer : comfyui;
    return gpu.use(on, { family, vramGb: gb }, { signal, note: (text) => void notes.push(text), fresh }, async () => {
      if (vram.heldGb(on.id) < gb) vram.take(on.id, gb - vram.heldGb(on.id));
      await work();
      if (family === "train") vram.give(on.id);
    });
  };
  return { vram, order, notes, metrics, warmed, comfyui, trainer, chat, card, ledger, gpu, run };
}

const aborted = (reason: Error) => AbortSignal.abort(reason);

describe("room on the card", () => {
  it("what fits beside the others leaves them alone", async () => {
    const { run, chat, order } = rig();
    chat.load("mistral", 5);
    await run("comfy-sd15", 4);
    expect(order).toEqual([]);
  });

  it("no more is used than the person allows, whatever is free", async () => {
    const { run, chat, order } = rig({ totalGb: 24, vramGb: 12 });
    chat.load("mistral", 5);
    await run("comfy-sdxl", 10);
    expect(order).toEqual(["chat"]);
  });

  it("the chat model goes first, and nobody else where that is enough", async () => {
    const { run, chat, order, metrics } = rig();
    chat.load("mistral", 5);
    await run("comfy-sdxl", 10);
    expect(order).toEqual(["chat"]);
    expect(metrics).toEqual(["chat freed"]);
  });

  it("the engine's own models go last, for loading them again is the job's time", async () => {
    const { run, chat, order, vram } = rig();
    await run("comfy-sd15", 4);
    vram.take("game", 2);
    chat.load("mistral", 5);
    await run("comfy-sdxl", 10);
    expect(order).toEqual(["chat", "trainer", "comfyui"]);
  });

  it("what an earlier life of this worker left in the engine goes too", async () => {
    const { run, order, vram } = rig();
    vram.take("comfyui", 12);
    await run("comfy-sdxl", 10);
    expect(order).toEqual(["trainer", "comfyui"]);
  });

  it("the family that is loaded asks nobody, unless a chat model has come meanwhile", async () => {
    const { run, chat, order } = rig();
    await run("comfy-sdxl", 10);
    await run("comfy-sdxl", 10);
    expect(order).toEqual([]);
    chat.load("mistral", 5);
    await run("comfy-sdxl", 10);
    expect(order).toEqual(["chat"]);
  });

  it("is not there before it is really free: a driver is late", async () => {
    const { run, chat, vram } = rig({ lateMs: 30 });
    chat.load("mistral", 5);
    await run("comfy-sdxl", 10);
    expect(vram.overflows).toEqual([]);
  });

  it("counts a chat model that is being loaded: it is told of before its memory is taken", async () => {
    const { run, chat, order, vram } = rig();
    await run("comfy-sdxl", 10);
    await run("comfy-sd15", 4);
    const { held } = chat;
    // a person left in the middle of its load: no turn tells of it any more
    chat.held = async () => [{ name: "mistral", gb: 5, ours: true }];
    const { release } = chat;
    chat.release = async (signal) => {
      chat.held = held;
      await release(signal);
    };
    expect(vram.freeGb()).toBeGreaterThan(4);
    await run("comfy-sd15", 4);
    expect(order).toEqual(["chat"]);
  });

  it("that nobody can tell of is asked for all the same, and said so", async () => {
    const { run, chat, order, notes, metrics } = rig({ tells: false });
    chat.load("mistral", 5);
    await run("comfy-sdxl", 10);
    expect(order).toEqual(["chat", "trainer", "comfyui"]);
    expect(metrics).toContain("comfyui unchecked");
    expect(notes.join()).toContain("cannot be told");
    order.length = 0;
    await run("comfy-sdxl", 10);
    expect(order).toEqual([]);
  });

  it("a card that is too small for the family is not waited for: its engine works in parts", async () => {
    const { gpu, comfyui, notes } = rig({ totalGb: 8, times: { stranger: 60_000 } });
    const work = vi.fn(async () => undefined);
    const how = { signal: new AbortController().signal, note: (text: string) => void notes.push(text), fresh: () => true };
    await gpu.use(comfyui, { family: "comfy-sdxl", vramGb: 10 }, how, work);
    expect(work).toHaveBeenCalledOnce();
    expect(notes.join()).not.toContain("Waiting");
  });

  it("on a card that is too small for the family the engine's own models stay: it moves them itself, and the next job would load them again", async () => {
    const { gpu, comfyui, chat, vram, order } = rig({ totalGb: 8, vramGb: 8 });
    const how = { signal: new AbortController().signal, note: () => undefined, fresh: () => true };
    const draw = () => gpu.use(comfyui, { family: "comfy-sdxl", vramGb: 10 }, how, async () => undefined);
    vram.take("comfyui", 4);
    chat.load("mistral", 2);
    await draw();
    await draw();
    expect(order).toEqual(["chat", "trainer", "trainer"]);
    expect(vram.heldGb("comfyui")).toBe(4);
  });

  it("a release that fails is told and does not end a job that fits; a cancel does", async () => {
    const { run, comfyui, chat } = rig();
    chat.stays = true;
    chat.load("mistral", 5);
    vi.spyOn(comfyui, "release").mockRejectedValue(new Error("busy"));
    await run("comfy-sd15", 4);
    const reason = new Error("canceled");
    await expect(run("comfy-sdxl", 10, undefined, aborted(reason))).rejects.toBe(reason);
  });

  it("when the person wants the PC, everything goes and nothing comes back by itself", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { gpu, run, order, card, warmed, chat, vram } = rig();
    await (await card.enter({ model: "mistral", gb: 5 }))?.leave();
    await run("comfy-sd15", 4);
    chat.load("mistral", 5);
    await gpu.releaseAll(new AbortController().signal);
    expect(order).toEqual(["chat", "comfyui", "trainer"]);
    expect(vram.holders()).toEqual(["desktop"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(warmed).toEqual([]);
  });
});

describe("a training", () => {
  it("that still goes on for a dead attempt is taken over: it is not ended to make room, only the others leave", async () => {
    const { gpu, trainer, chat, order, vram } = rig();
    Object.assign(trainer, { atWork: async (job: string) => job === "job_1" });
    vram.take("trainer", 12);
    chat.load("small", 1);
    const how = { signal: new AbortController().signal, note: () => undefined, fresh: () => true };
    await gpu.use(trainer, { id: "job_1", family: "train", vramGb: 12 }, how, async () => expect(order).toEqual(["chat", "comfyui"]));
    await gpu.use(trainer, { id: "job_2", family: "train", vramGb: 12 }, how, async () => expect(order).toContain("trainer"));
  });

  it("has the card for itself: everything else goes, however much is free", async () => {
    const { run, chat, order, vram, card } = rig();
    await run("comfy-sd15", 4);
    chat.load("small", 1);
    await run("train", 5, async () => {
      expect(vram.holders()).toEqual(["desktop", "trainer"]);
      expect(await card.now()).toMatchObject({ spareGb: 0 });
    });
    expect(order).toEqual(["chat", "comfyui", "trainer"]);
  });

  it("leaves nothing behind that the next job would count", async () => {
    const { run, order } = rig();
    await run("train", 14);
    order.length = 0;
    await run("comfy-sdxl", 10);
    expect(order).toEqual([]);
  });

  it("does not start beside a chat model that stays: that is named, and it is tried again later", async () => {
    const { run, chat } = rig();
    chat.stays = true;
    chat.load("mistral", 1);
    const work = vi.fn(async () => undefined);
    await expect(run("train", 5, work)).rejects.toMatchObject({
      code: "out_of_memory",
      retryable: true,
      message: expect.stringMatching(/mistral in Ollama \(1 GB\).*train needs the card for itself/),
    });
    expect(work).not.toHaveBeenCalled();
  });
});

describe("what somebody else holds", () => {
  it("is named and waited for, and the job starts when it is free", async () => {
    const { run, vram, notes } = rig({ times: { stranger: 20_000 } });
    vram.take("game", 7);
    const job = run("comfy-sdxl", 10);
    await expect.poll(() => notes.join()).toContain("7 GB of the graphics card are held by something else");
    vram.give("game");
    await job;
    expect(vram.overflows).toEqual([]);
  });

  it("for too long ends the job with its name, before the memory runs out", async () => {
    const { run, vram } = rig();
    vram.take("game", 7);
    await expect(run("comfy-sdxl", 10)).rejects.toMatchObject({
      code: "out_of_memory",
      retryable: true,
      message: expect.stringMatching(/7 GB.*needs 10 GB, 8 GB are free/),
    });
    expect(vram.overflows).toEqual([]);
  });

  it("a model in Ollama that is not ours is named and never unloaded", async () => {
    const { run, chat, order } = rig({ others: ["theirs"] });
    chat.load("theirs", 7);
    await expect(run("comfy-sdxl", 10)).rejects.toMatchObject({
      message: expect.stringContaining("theirs in Ollama (7 GB, not loaded by MySpinBot)"),
    });
    expect(order).not.toContain("chat");
  });

  it("ends with a cancel at once", async () => {
    const { run, vram, notes } = rig({ times: { stranger: 60_000 } });
    vram.take("game", 7);
    const stop = new AbortController();
    const job = run("comfy-sdxl", 10, undefined, stop.signal);
    await expect.poll(() => notes.join()).toContain("Waiting");
    const reason = new Error("canceled");
    stop.abort(reason);
    await expect(job).rejects.toBe(reason);
  });
});

describe("a chat", () => {
  it("is kept off the card from before the release until the job has ended", async () => {
    const { run, chat, card } = rig();
    chat.load("mistral", 5);
    const seen: (boolean | string)[] = [];
    const { release } = chat;
    chat.release = async (signal) => {
      seen.push((await card.enter({ model: "mistral", gb: 5 })) === undefined);
      await release(signal);
    };
    await run("comfy-sdxl", 11, async () => void seen.push((await card.enter({ model: "mistral", gb: 5 })) === undefined));
    expect(seen).toEqual([true, true]);
    expect(await card.enter({ model: "mistral", gb: 5 })).toBeDefined();
  });

  it("whose model fits beside the job stays on the card", async () => {
    const { run, card } = rig();
    await run("comfy-sd15", 4, async () => {
      expect(await card.enter({ model: "mistral", gb: 5 })).toBeDefined();
      expect(await card.enter({ model: "huge", gb: 11 })).toBeUndefined();
    });
  });

  it("that was let on before is awaited before its model is taken away, also where it is not loaded yet", async () => {
    const { run, chat, card, order, notes, vram } = rig({ times: { turn: 20_000 } });
    const seat = await card.enter({ model: "mistral", gb: 5 });
    const job = run("comfy-sdxl", 10);
    await expect.poll(() => notes.join()).toContain("Waiting for a chat answer");
    chat.load("mistral", 5);
    expect(order).toEqual([]);
    await seat?.leave();
    await job;
    expect(order).toEqual(["chat"]);
    expect(vram.overflows).toEqual([]);
  });

  it("that goes on for too long loses its model", async () => {
    const { run, chat, card, order, ledger } = rig({ times: { turn: 20, stranger: 20_000 } });
    await card.enter({ model: "mistral", gb: 5 });
    chat.load("mistral", 5);
    const job = run("comfy-sdxl", 10);
    await expect.poll(() => order).toEqual(["chat", "trainer", "comfyui"]);
    // what it was granted counts until its process is dead
    ledger.later(60_000);
    await job;
  });

  it("a job that hangs after it was told to stop marks the card no longer than a while", async () => {
    const { run, card } = rig();
    const stop = new AbortController();
    void run("comfy-sdxl", 10, () => new Promise(() => undefined), stop.signal);
    await expect.poll(() => card.now()).toBeDefined();
    stop.abort(new Error("canceled"));
    await expect.poll(() => card.now()).toBeUndefined();
  });

  it("nor one that was told to stop in the moment in which it took the card", async () => {
    const { gpu, card, trainer } = rig();
    const stop = new AbortController();
    const take = card.take.bind(card);
    card.take = async (...asked) => {
      const hold = await take(...asked);
      stop.abort(new Error("canceled"));
      return hold;
    };
    const deaf: Engine = { ...trainer, atWork: () => new Promise(() => undefined) };
    const how = { signal: stop.signal, note: () => undefined, fresh: () => true };
    void gpu.use(deaf, { id: "job_a", family: "train", vramGb: 10 }, how, async () => undefined);
    await expect.poll(() => stop.signal.aborted).toBe(true);
    await expect.poll(() => card.now()).toBeUndefined();
  });
});

describe("out of memory", () => {
  const oom = () => new Failure("out_of_memory", "The graphics card ran out of memory.");

  it("in company is tried once more with the card for itself", async () => {
    const { run, chat, order } = rig();
    chat.load("mistral", 5);
    let tries = 0;
    await run("comfy-sd15", 4, async () => {
      if (++tries === 1) throw oom();
    });
    expect([tries, order]).toEqual([2, ["chat", "trainer", "comfyui"]]);
  });

  it("twice ends with what was on the card", async () => {
    const { run, chat } = rig();
    chat.load("mistral", 5);
    let tries = 0;
    const job = run("comfy-sd15", 4, async () => {
      tries++;
      throw oom();
    });
    await expect(job).rejects.toMatchObject({ code: "out_of_memory", message: expect.stringContaining("comfyui with comfy-sd15 (4 GB)") });
    expect(tries).toBe(2);
  });

  it("alone is not tried again, nor where a file is saved already", async () => {
    const { run, chat, vram } = rig();
    let tries = 0;
    const work = async () => {
      tries++;
      throw oom();
    };
    vram.take("game", 3);
    await expect(run("comfy-sd15", 4, work)).rejects.toMatchObject({ message: expect.stringContaining("something else (3 GB)") });
    chat.load("mistral", 5);
    await expect(run("comfy-sd15", 4, work, undefined, () => false)).rejects.toMatchObject({
      message: expect.stringContaining("mistral in Ollama (5 GB)"),
    });
    expect(tries).toBe(2);
  });
});

describe("the chat model", () => {
  const talk = async (card: ReturnType<typeof rig>["card"]) => (await card.enter({ model: "mistral", gb: 5 }))?.leave();

  it("comes back when the card has nothing to do and somebody talks; what is in its way goes", async () => {
    const { run, card, warmed, order, vram } = rig();
    await talk(card);
    await run("comfy-sdxl", 11);
    await expect.poll(() => warmed).toEqual(["mistral"]);
    expect(order).toEqual(["comfyui"]);
    expect(vram.overflows).toEqual([]);
  });

  it("gives way to a job that comes while it is being loaded", async () => {
    const { run, card, chat, vram } = rig();
    await talk(card);
    let loading = () => {};
    const begun = new Promise<void>((resolve) => {
      loading = resolve;
    });
    chat.warm = (_load, signal) => {
      loading();
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
    };
    await run("comfy-sd15", 4);
    await begun;
    await run("comfy-sdxl", 11);
    expect(vram.overflows).toEqual([]);
    expect(await card.now()).toBeUndefined();
  });
});
