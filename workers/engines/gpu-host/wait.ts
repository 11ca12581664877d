/** Waiting that an abort ends at once, and waiting for a gpu-host that does not answer. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";

/** Throws the signal's reason on abort. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

/** The command that starts a gpu-host, from the folder of this program. */
const startCommand = "cd workers/gpu-host && GPU_HOST_CONFIG=/etc/gpu-host.toml /opt/gpu-host/bin/python -m gpu_host";

export const startFix = (address: string) =>
  `On the machine with the card: ${startCommand} (workers/gpu-host/README.md sets it up). If it runs at another address than ${address}, set GPU_HOST_URL.`;

export interface Patience {
  /** It answered: the next silence starts a new count. */
  answered(): void;
  /** Says that we wait and pauses before the next try; Failure `engine_unavailable` past the limit. */
  silent(cause: Unreachable): Promise<void>;
  /** Asks until gpu-host answers. */
  insist<T>(ask: () => Promise<T>): Promise<T>;
}

export function createPatience(api: Api, waitMinutes: number, run: Pick<Run, "signal" | "log">, say: (note: string) => void): Patience {
  let since: number | undefined;
  const limit = `${waitMinutes} minute${waitMinutes === 1 ? "" : "s"}`;
  const patience: Patience = {
    answered() {
      if (since !== undefined) run.log.info({ url: api.address }, "gpu-host answers again");
      since = undefined;
    },
    async silent(cause) {
      if (since === undefined) run.log.warn({ url: api.address, err: cause }, "gpu-host does not answer; waiting for it");
      since ??= Date.now();
      if (Date.now() - since >= waitMinutes * 60_000)
        throw new Failure(
          "engine_unavailable",
          `gpu-host at ${api.address} did not answer for ${limit}. Start it (${startCommand}), then retry the job: a training goes on from its last saved step.`,
          { retryable: true, cause },
        );
      say(`gpu-host at ${api.address} does not answer; waiting up to ${limit}. A training in it goes on by itself`);
      await pause(api.timings.retry, run.signal);
    },
    async insist(ask) {
      for (;;) {
        try {
          const answer = await ask();
          patience.answered();
          return answer;
        } catch (error) {
          if (!(error instanceof Unreachable)) throw error;
          await patience.silent(error);
        }
      }
    },
  };
  return patience;
}
