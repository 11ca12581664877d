/** Progress notifications of one call: at most four a second, never silent for longer than a client's patience, always rising. */
import type { ServerContext } from "@modelcontextprotocol/server";

export interface Progress {
  /** Whether the client asked for it. */
  readonly wanted: boolean;
  /** @param fraction 0 to 1. */
  report(fraction: number, note: string): void;
  stop(): void;
}

const leastGapMs = 250;
/** The protocol wants every value above the last one; a beat without news moves by this much of 100. */
const beat = 0.001;

/**
 * Says nothing where the client gave no progress token.
 * @param heartbeatMs longest silence. The usual one is well below five seconds, the shortest patience that clients are known to have between two signs of life.
 */
export function reportProgress(context: ServerContext, heartbeatMs = 4000): Progress {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { wanted: false, report() {}, stop() {} };
  let sent = 0;
  let percent = 0;
  let note = "waiting";
  let lastSent = Number.NEGATIVE_INFINITY;

  const send = (): void => {
    lastSent = performance.now();
    sent = Math.max(percent, sent + beat);
    const params = { progressToken, progress: sent, total: 100, message: note };
    // the client may be gone: its call ends by the abort signal, not by this
    context.mcpReq.notify({ method: "notifications/progress", params }).catch(() => undefined);
  };
  const timer = setInterval(send, heartbeatMs);
  return {
    wanted: true,
    report(fraction, words) {
      percent = Math.min(1, Math.max(0, fraction)) * 100;
      note = words;
      if (performance.now() - lastSent < leastGapMs) return;
      timer.refresh();
      send();
    },
    stop: () => clearInterval(timer),
  };
}
