/** A bus message on its way between processes: marked with its sender, who must not hear it twice, and checked on arrival. */
import type { BusMessage } from "../../core/event.ts";

export type Letter = BusMessage & { from?: string };

const types = new Set(["changed", "settings", "progress", "preview"]);

/** The message for us, or undefined: our own, or nothing that we know (another version may speak there). */
export function opened(letter: unknown, us: string): BusMessage | undefined {
  if (typeof letter !== "object" || letter === null || !("type" in letter) || !types.has(`${letter.type}`)) return undefined;
  const { from, ...message } = letter as Letter;
  return from === us ? undefined : (message as BusMessage);
}
