/** Waiting for a gpu-host that does not answer: its run goes on without us. */
import type { Run } from "../../../core/ports/engine.ts";
import { createPatience, type Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";
import { training, type Words } from "./words.ts";

/** The command that starts a gpu-host, from the folder of this program. */
const startCommand = "cd workers/gpu-host && GPU_HOST_CONFIG=/etc/gpu-host.toml /opt/gpu-host/bin/python -m gpu_host";

export const startFix = (address: string) =>
  `On the machine with the card: ${startCommand} (workers/gpu-host/README.md sets it up). If it runs at another address than ${address}, set GPU_HOST_URL.`;

export function patienceWith(
  api: Api,
  waitMinutes: number,
  run: Pick<Run, "signal" | "log">,
  words: Words,
  say: (note: string) => void,
): Patience {
  const trains = words === training;
  const gpuHost = {
    ...{ name: "gpu-host", address: api.address, start: startCommand, waitMinutes, retryMs: api.timings.retry },
    isSilence: (error: unknown) => error instanceof Unreachable,
    retried: trains ? ": a training goes on from its last saved step." : ".",
    meanwhile: trains ? ". A training in it goes on by itself" : ". What it has begun goes on by itself",
  };
  return createPatience(gpuHost, run, say);
}
