/** Messages between processes, lost when nobody listens. Truth is in the job store; this only says "look" and carries what is ephemeral. */
import type { BusMessage } from "../event.ts";

export interface Bus {
  /** Never throws and never waits. */
  publish(message: BusMessage): void;
  subscribe(listener: (message: BusMessage) => void): () => void;
}
