/** The models in a fake Ollama's memory, by the rules of its scheduler (`server/sched.go`): one runner a model, loaded again where its options changed, unloaded when nobody uses it any more. */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../core/json.ts";

/** A card that others use too. */
export interface SharedCard {
  freeGb(): number;
  /** Throws where there is not so much. */
  take(who: string, gb: number): void;
  give(who: string): void;
}

export interface FakeRunner {
  name: string;
  gb: number;
  /** Of these on the card. */
  cardGb: number;
}

interface Runner extends FakeRunner {
  options: { numGpu: number; numCtx: number };
  /** Requests that use it. */
  uses: number;
  /** Goes as soon as nobody uses it. */
  leaves: boolean;
  loading: Promise<void>;
}

export interface FakeOllamaMemory {
  /** Every load, oldest first. */
  readonly loads: { name: string; cardGb: number }[];
  /** Loads that the card had no room for in the end. */
  readonly failures: string[];
  list(): FakeRunner[];
  /** Uses the model, loading it where it must; call what it returns when the request has ended. */
  use(name: string, body: JsonObject): Promise<() => void>;
  unload(name: string): void;
}

const gigabyte = 1024 ** 3;

export function createFakeOllamaMemory(options: {
  card?: SharedCard;
  bytes?(name: string): number;
  loadMs?: number;
  leaveMs?: number;
}): FakeOllamaMemory {
  const { card, bytes = () => 5_137_025_024, loadMs = 0, leaveMs = 0 } = options;
  const runners = new Map<string, Runner>();
  const loads: FakeOllamaMemory["loads"] = [];
  const failures: string[] = [];

  const drop = (runner: Runner) => {
    if (runners.get(runner.name) === runner) runners.delete(runner.name);
    // its process is gone from the list before the driver says that the memory is free
    if (card && runner.cardGb > 0) setTimeout(() => card.give(`ollama ${runner.name}`), leaveMs);
  };
  const settle = (runner: Runner) => {
    if (runner.leaves && runner.uses === 0) drop(runner);
  };

  async function load(name: string, wanted: Runner["options"]): Promise<Runner> {
    const gb = bytes(name) / gigabyte;
    // as many layers as there is room for, the rest stays on the processor; 32 layers
    const free = card ? Math.max(0, card.freeGb() - 0.5) : Number.POSITIVE_INFINITY;
    const cardGb = wanted.numGpu === 0 ? 0 : gb <= free ? gb : (Math.floor((free / gb) * 32) / 32) * gb;
    let failed: unknown;
    const loading = sleep(loadMs).then(() => {
      try {
        if (cardGb > 0) card?.take(`ollama ${name}`, cardGb);
        loads.push({ name, cardGb });
      } catch (error) {
        failures.push(name);
        failed = error;
      }
    });
    const runner: Runner = { name, gb, cardGb, options: wanted, uses: 1, leaves: false, loading };
    runners.set(name, runner);
    await loading;
    if (failed === undefined) return runner;
    runner.cardGb = 0;
    runners.delete(name);
    throw new Error("llama runner process has terminated: cudaMalloc failed: out of memory");
  }

  return {
    loads,
    failures,
    list: () => [...runners.values()].map(({ name, gb, cardGb }) => ({ name, gb, cardGb })),
    async use(name, body) {
      const given = (body["options"] ?? {}) as { num_gpu?: number; num_ctx?: number };
      const wanted = { numGpu: given.num_gpu ?? -1, numCtx: given.num_ctx ?? 4096 };
      let runner = runners.get(name);
      while (runner) {
        // layers left open are answered by whatever is loaded, on the card or not
        const same = runner.options.numCtx === wanted.numCtx && (wanted.numGpu < 0 || wanted.numGpu === runner.options.numGpu);
        if (same) break;
        runner.leaves = true;
        settle(runner);
        if (runners.get(name) === runner) await sleep(1);
        runner = runners.get(name);
      }
      if (runner) {
        runner.uses++;
        await runner.loading;
      } else runner = await load(name, wanted);
      const mine = runner;
      mine.leaves = body["keep_alive"] === 0;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        mine.uses--;
        settle(mine);
      };
    },
    unload(name) {
      const runner = runners.get(name);
      if (!runner) return;
      runner.leaves = true;
      settle(runner);
    },
  };
}
