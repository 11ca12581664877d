/** Where a task really stands. Two answers are needed: alone, each of them is wrong after a failure. */
import type { Api } from "./api.ts";
import type { State } from "./wire.ts";

export interface Standing {
  /**
   * `unknown`: never arrived, or forgotten (the last 16 are known, none after a restart). `over` says nothing of how: its answer was the only one.
   * A task that failed is `over` too, although A1111 calls it active until the next one starts: nothing runs then.
   */
  where: "queued" | "running" | "over" | "unknown";
  /** 0 to 1 of the task, while it runs. */
  fraction: number;
  preview?: { mediaType: string; data: Uint8Array };
  /** Of the newest preview; for the next look. */
  previewId: number;
  state: State;
}

/** What enlarges pictures has no task id, and stays behind in the state where it failed. */
const isDrawing = ({ job }: State) => job !== "" && job !== "extras";

/** Throws Unreachable. */
export async function lookUp(
  api: Api,
  id: string,
  asked: { signal?: AbortSignal; preview?: number; timeout?: number } = {},
): Promise<Standing> {
  // the task last: that it is the current one must be as new as can be, for on it hangs whom an interruption meets
  const state = await api.state(asked.signal);
  const task = await api.task(id, asked);
  const where = task.queued ? "queued" : task.active ? (isDrawing(state) ? "running" : "over") : task.completed ? "over" : "unknown";
  const preview = where === "running" ? pictureOf(task.live_preview ?? "") : undefined;
  return {
    where,
    state,
    fraction: where === "running" ? Math.min(1, Math.max(0, task.progress ?? 0)) : 0,
    previewId: task.id_live_preview ?? -1,
    ...(preview ? { preview } : {}),
  };
}

/** Whether it draws for anybody: then nothing of its memory can be taken away. */
export async function isBusy(api: Api, signal?: AbortSignal): Promise<{ busy: boolean; pending: number; since: string }> {
  const [state, pending] = await Promise.all([api.state(signal), api.pending(signal)]);
  return { busy: isDrawing(state), pending, since: state.job_timestamp };
}

function pictureOf(uri: string): Standing["preview"] {
  const [, mediaType, data] = /^data:(image\/(?:png|jpe?g|webp));base64,(.+)$/s.exec(uri) ?? [];
  if (!mediaType || !data) return undefined;
  return { mediaType: mediaType.replace("jpg", "jpeg"), data: Buffer.from(data, "base64") };
}
