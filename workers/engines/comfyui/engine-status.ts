/** What ComfyUI says of itself, quickly: a face waits for this. */
import { Failure } from "../../../core/failure.ts";
import type { EngineStatus } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import type { ComfyuiOptions } from "./options.ts";
import type { SystemStats } from "./wire.ts";

const gigabyte = 1024 ** 3;
const fresh = 1_000;

/** The command that starts a ComfyUI at this address, from its own folder. */
export function startCommand(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  const local = hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
  const listen = local ? "127.0.0.1" : "0.0.0.0";
  return `python main.py --listen ${listen} --port ${port || (protocol === "https:" ? 443 : 80)} --disable-auto-launch`;
}

function ready(stats: SystemStats): Partial<EngineStatus> {
  const version = stats.system.comfyui_version;
  const card = stats.devices.find((device) => device.type !== "cpu");
  const round = (bytes: number) => Math.round((bytes / gigabyte) * 10) / 10;
  return {
    ...(version ? { version } : {}),
    // RAM is not VRAM: on a CPU there is no card to speak of
    ...(card ? { vramTotalGb: round(card.vram_total), vramFreeGb: round(card.vram_free) } : { note: "runs on the CPU, which is slow" }),
  };
}

/** As it is now, for whoever must know before something is loaded. torch keeps blocks that it does not use: free for ComfyUI, for nobody else. */
export async function vramNow(api: Api, signal: AbortSignal): Promise<{ totalGb: number; freeGb: number; keptGb: number } | undefined> {
  const stats = await api.systemStats({ timeout: api.timings.status, signal });
  const card = stats.devices.find((device) => device.type !== "cpu");
  if (!card) return undefined;
  const { vram_total, vram_free, torch_vram_free } = card;
  return { totalGb: vram_total / gigabyte, freeGb: vram_free / gigabyte, keptGb: torch_vram_free / gigabyte };
}

export function createStatus(api: Api, options: ComfyuiOptions): (signal?: AbortSignal) => Promise<EngineStatus> {
  const { address } = api.http;
  const base = { id: "comfyui", title: "ComfyUI", url: address };
  let last: { until: number; answer: Promise<EngineStatus> } | undefined;

  const ask = async (): Promise<EngineStatus> => {
    try {
      return { ...base, state: "ready", ...ready(await api.systemStats({ timeout: api.timings.status })) };
    } catch (error) {
      const known = options.configured || (await options.seen());
      const fix = `In ComfyUI's folder: ${startCommand(address)}. If it runs elsewhere, set COMFYUI_URL.`;
      if (!known) return { ...base, state: "absent", fix };
      const note = error instanceof Failure ? error.message : `${address} does not answer`;
      return { ...base, state: "down", note, fix };
    }
  };

  return async (signal) => {
    signal?.throwIfAborted();
    if (!last || Date.now() > last.until) {
      // one question for all who ask while it is under way, and a moment longer
      const asked = { until: Number.POSITIVE_INFINITY, answer: ask() };
      last = asked;
      void asked.answer.finally(() => {
        asked.until = Date.now() + fresh;
      });
    }
    return last.answer;
  };
}
