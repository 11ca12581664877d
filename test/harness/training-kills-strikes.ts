/** What is killed by -9 while it trains, and what a supervisor does then. */
import { setTimeout as sleep } from "node:timers/promises";
import { send } from "./product.ts";
import type { House } from "./training-kills-house.ts";

export const targets = ["trainer", "gpu-host", "worker", "server", "postgres"] as const;
export type Target = (typeof targets)[number];

export interface Strike {
  target: Target;
  /** The machine with the card goes down with it: the trainer dies too. */
  trainerToo: boolean;
  /** The trainer dies again each time it is started, until the job gives up. */
  again: boolean;
  /** From 0 to 1: which part dies, and how long its supervisor takes. */
  chance: number;
}

/** Whether the trainer dies by this. */
export const diesToo = ({ target, trainerToo }: Pick<Strike, "target" | "trainerToo">): boolean => target === "trainer" || trainerToo;

/**
 * @param doomed the trainer's processes, where they are to die.
 * Resolved when everything is up again that does not come by itself.
 */
export async function strike(house: House, { target, chance }: Strike, doomed: readonly number[]): Promise<void> {
  const { host } = house.stage;
  const killTrainer = () => {
    for (const pid of doomed) send(pid, "SIGKILL");
  };
  switch (target) {
    case "trainer":
      return killTrainer();
    case "gpu-host":
      await host.kill();
      killTrainer();
      await sleep(chance * 500);
      return host.start();
    case "postgres":
      killTrainer();
      return house.killPostgres(chance < 0.5);
    default:
      await house.killWorker();
      killTrainer();
      await sleep(chance * 500);
      return house.startWorker();
  }
}
