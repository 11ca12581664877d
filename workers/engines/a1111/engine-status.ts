/** What A1111/Forge says of itself, quickly: a face waits for this. */
import { Failure } from "../../../core/failure.ts";
import type { EngineStatus } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import type { A1111Options } from "./options.ts";
import { startCommand } from "./wait.ts";
import { type Memory, sysinfo } from "./wire.ts";

export const title = "A1111/Forge";
const gigabyte = 1024 ** 3;
const fresh = 1_000;
/** It asks its package manager for every version. */
const slow = 30_000;

function ready({ cuda }: Memory): Partial<EngineStatus> {
  const round = (bytes: number) => Math.round((bytes / gigabyte) * 10) / 10;
  const { system } = cuda;
  // RAM is not VRAM; on a card of AMD or Apple it gives no figure either
  return system ? { vramTotalGb: round(system.total), vramFreeGb: round(system.free) } : { note: "tells nothing of a graphics card" };
}

/** As it is now. torch keeps blocks that it does not use: free for A1111, for nobody else. */
export async function vramNow(api: Api, signal: AbortSignal): Promise<{ totalGb: number; freeGb: number; keptGb: number } | undefined> {
  const { system, reserved, allocated } = (await api.memory({ timeout: api.timings.status, signal })).cuda;
  if (!system) return undefined;
  const kept = Math.max(0, (reserved?.current ?? 0) - (allocated?.current ?? 0));
  return { totalGb: system.total / gigabyte, freeGb: (system.free + kept) / gigabyte, keptGb: kept / gigabyte };
}

export function createStatus(api: Api, options: A1111Options): (signal?: AbortSignal) => Promise<EngineStatus> {
  const { address } = api.http;
  const base = { id: "a1111", title, url: address };
  let last: { until: number; answer: Promise<EngineStatus> } | undefined;
  let asking = false;

  // says far more than its version, none of which is kept; too slow to be waited for
  const learnVersion = () => {
    if (asking || api.version !== undefined) return;
    asking = true;
    api
      .list(sysinfo, "/internal/sysinfo", { Version: "" }, slow)
      .then(({ Version }) => {
        if (/^[\w.+-]{1,80}$/.test(Version)) api.version ??= Version;
      })
      .catch(() => undefined)
      .finally(() => {
        asking = false;
      });
  };

  const ask = async (): Promise<EngineStatus> => {
    try {
      const facts = ready(await api.memory({ timeout: api.timings.status }));
      learnVersion();
      return { ...base, state: "ready", ...facts, ...(api.version ? { version: api.version } : {}) };
    } catch (error) {
      api.version = undefined;
      const known = options.configured || (await options.seen());
      const fix = `In its own folder: ${startCommand(address)}. If it runs elsewhere, set A1111_URL.`;
      if (!known) return { ...base, state: "absent", fix };
      return { ...base, state: "down", note: error instanceof Failure ? error.message : `${address} does not answer`, fix };
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
