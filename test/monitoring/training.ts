/** Trainings in gpu-host, one after the other, asked for as the studio's own adapter asks. */
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../../core/log.ts";
import { createGpuHost } from "../../workers/engines/gpu-host/gpu-host.ts";
import { request, runOf } from "../../workers/engines/gpu-host/testing/setup.ts";
import { reasons } from "../../workers/stop.ts";
import type { GpuHostProcess } from "../harness/gpu-host.ts";

/** A trainer that prints and writes as the real one does, slow enough to be seen by every scrape. */
export function keepTraining(host: Pick<GpuHostProcess, "url" | "key" | "fault">): { end(): Promise<void> } {
  const { url, key } = host;
  const engine = createGpuHost({ url, key, configured: true, seen: async () => true, waitMinutes: 1, vramGb: 16, log: silentLog });
  let going = true;
  let run: ReturnType<typeof runOf> | undefined;
  const loop = (async () => {
    await host.fault({ step_seconds: 0.2 });
    while (going) {
      run = runOf();
      await engine.train.train(request({ steps: 40, saveEvery: 20, sampleEvery: 40 }), run).catch(() => sleep(500));
    }
  })();
  return {
    async end() {
      going = false;
      run?.abort(reasons.canceled);
      await loop;
    },
  };
}
