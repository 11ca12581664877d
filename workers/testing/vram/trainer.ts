/** A trainer that takes the card step by step and gives it back when it ends, and sees whether it is alone on it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine, Run } from "../../../core/ports/engine.ts";
import { scriptedEngine } from "../scripted-engine.ts";
import type { FakeCard } from "./card.ts";

export const trainingGb = 13;

/** There whoever runs: neither is asked to leave. */
const allowed = new Set(["desktop", "comfyui context", "trainer"]);

export function trainerOn(card: FakeCard): {
  engine: Engine;
  train(run: Run): Promise<void>;
  readonly company: string[];
  readonly trained: number;
} {
  const company: string[] = [];
  let trained = 0;
  return {
    engine: scriptedEngine("trainer", { title: "Trainer", gpu: true, families: ["train"] }),
    company,
    get trained() {
      return trained;
    },
    async train(run) {
      const look = () => {
        for (const who of card.holders())
          if (!allowed.has(who)) company.push(`${who} (${card.heldGb(who).toFixed(1)} GB) beside training ${trained}`);
      };
      const stop = card.watch(look);
      try {
        look();
        for (const gb of [3, 6, 4]) {
          run.signal.throwIfAborted();
          card.take("trainer", gb);
          run.progress({ stage: "training", fraction: card.heldGb("trainer") / trainingGb });
          await sleep(10);
        }
      } finally {
        stop();
        card.give("trainer");
        trained++;
      }
    },
  };
}
