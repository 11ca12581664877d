/** Ctrl-C: once to stop following, twice to leave at once. */
import type { EventEmitter } from "node:events";

/** @param leave ends the program with an exit code; called for the second Ctrl-C. */
export function onInterrupt(
  signals: Pick<EventEmitter, "on" | "off">,
  leave: (code: number) => void,
): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const interrupted = () => {
    if (controller.signal.aborted) leave(130);
    else controller.abort();
  };
  signals.on("SIGINT", interrupted);
  return { signal: controller.signal, dispose: () => signals.off("SIGINT", interrupted) };
}
