/** The bus inside one process. */
import type { BusMessage } from "../../core/event.ts";
import type { Log } from "../../core/log.ts";
import type { Bus } from "../../core/ports/bus.ts";

/** A listener that fails is logged and disturbs neither the publisher nor the others. */
export function createLocalBus(log: Log): Bus {
  // an entry for each subscription: the same function may subscribe twice
  const entries = new Set<{ listener: (message: BusMessage) => void }>();
  return {
    publish(message) {
      for (const { listener } of [...entries]) {
        try {
          listener(message);
        } catch (error) {
          log.error({ err: error, type: message.type }, "a listener of the bus failed");
        }
      }
    },
    subscribe(listener) {
      const entry = { listener };
      entries.add(entry);
      return () => void entries.delete(entry);
    },
  };
}
