/** Whether the checkpoint is on the card: A1111 does not bring one back by itself that it was told to unload. */
import type { Log } from "../../../core/log.ts";
import { type Patience, pause } from "../patience.ts";
import type { Api } from "./api.ts";
import { release } from "./release.ts";

/** Loading a checkpoint from a slow disk. */
const slow = 300_000;

export interface Card {
  /** Before it draws. */
  needed(patience: Patience, signal: AbortSignal): Promise<void>;
  release(signal: AbortSignal): Promise<void>;
}

export function createCard(api: Api, log: Log): Card {
  // another process may have unloaded it
  let loaded = false;
  return {
    async needed(patience, signal) {
      if (loaded) return;
      const { status } = await patience.insist(() => api.post("/sdapi/v1/reload-checkpoint", {}, { timeout: slow, signal }));
      // what it cannot load it says again when it draws, with the reason
      if (status !== 200) log.info({ status }, "A1111/Forge could not bring its checkpoint back to the card");
      loaded = status === 200;
    },
    async release(signal) {
      loaded = false;
      await release(api, log, (ms) => pause(ms, signal), signal);
    },
  };
}
