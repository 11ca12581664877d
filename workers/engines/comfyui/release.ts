/** Gives the card back: `/free` when nothing runs, then a look at VRAM until it is so. */
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";
import { createPause } from "./wait.ts";
import type { SystemStats } from "./wire.ts";

/** What torch keeps for itself when no model is loaded. */
const idleBytes = 600 * 1024 * 1024;
/** Growth below this is noise of other programs on the card. */
const noiseBytes = 64 * 1024 * 1024;

const card = (stats: SystemStats) => stats.devices.find((device) => device.type !== "cpu");

export async function release(api: Api, log: Log, signal: AbortSignal): Promise<void> {
  const pause = createPause(signal);
  const step = Math.min(250, api.timings.poll);
  const idle = async () => {
    const { queue_running, queue_pending } = await api.queue(signal);
    return queue_running.length + queue_pending.length === 0;
  };
  try {
    // while a prompt runs nothing would be freed, and what runs now is not ours to stop
    while (!(await idle())) await pause.sleep(api.timings.poll);
    const before = card(await api.systemStats({ signal }));
    await api.post("/free", { unload_models: true, free_memory: true }, { signal });
    // process memory is no measure: on a CPU there is nothing to look at
    if (!before) return;

    let end = Date.now() + api.timings.free;
    let free = before.vram_free;
    let steady = 0;
    // where there is no figure of torch's own (DirectML, Metal) ComfyUI says the whole memory in its place
    const tells = before.torch_vram_total < before.vram_total;
    let shrank = before.torch_vram_total <= idleBytes;
    while (Date.now() < end) {
      await pause.sleep(step);
      const now = card(await api.systemStats({ signal }));
      if (!now) return;
      if (now.torch_vram_total <= idleBytes && shrank) return;
      // what others give back at the same time is not ours
      shrank ||= tells ? now.torch_vram_total < before.torch_vram_total - noiseBytes : now.vram_free > before.vram_free + noiseBytes;
      steady = now.vram_free > free + noiseBytes ? 0 : steady + 1;
      free = Math.max(free, now.vram_free);
      if (shrank && steady >= 4) return;
      // someone started a prompt in between: ComfyUI frees after it
      if (!shrank && !(await idle())) end = Date.now() + api.timings.free;
    }
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    log.info({ err: error }, "ComfyUI does not answer, so it holds no VRAM for us to free");
    return;
  }
  throw new Failure(
    "engine_failed",
    "ComfyUI did not give the graphics card back after it was asked to. Restart ComfyUI (a custom node may hold a model), then retry the job.",
    { retryable: true },
  );
}
