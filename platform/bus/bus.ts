/**
 * What processes tell each other. Inside one process directly; `changed` and `settings` from every process by the NOTIFY of the commit that made
 * them; progress and previews, which no commit announces, by Redis pub/sub or by NOTIFY.
 *
 * After the database connection was away its notifications are lost. There is no message for that: whoever follows something looks at the rows every few
 * seconds anyway (core/watch.ts, the lane's clock), and `onGap` is for those who want to look at once.
 */
import { randomUUID } from "node:crypto";
import type { BusMessage } from "../../core/event.ts";
import type { Log } from "../../core/log.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { type Letter, opened } from "./letter.ts";
import { createLocalBus } from "./local.ts";
import { openRedisWire, type Wire } from "./redis.ts";

/** What `platform/postgres` offers for it. */
interface Notifications {
  listen(onMessage: (message: BusMessage) => void, onGap: () => void): Promise<{ close(): Promise<void> }>;
  notify(message: BusMessage): void;
}

export interface BusOptions {
  database: Notifications;
  /** With it, live messages go by Redis; without, by NOTIFY, which drops what is longer than 7500 bytes: previews are then seen only by their own process. */
  redisUrl?: string | undefined;
  /** Whether other processes work on the same database; if not, live messages stay here. */
  shared: boolean;
  log: Log;
  onGap?: (() => void) | undefined;
}

/** Throws what `database.listen` throws. A Redis that is down only costs the progress of other processes. */
export async function createBus(options: BusOptions): Promise<Bus & { close(): Promise<void> }> {
  const { database, redisUrl, shared, log } = options;
  const us = randomUUID();
  const local = createLocalBus(log);
  const arrive = (letter: unknown): void => {
    const message = opened(letter, us);
    if (message) local.publish(message);
  };
  const listening = await database.listen(arrive, () => options.onGap?.());
  const wire: Wire | undefined = shared && redisUrl ? await openRedisWire(redisUrl, log, arrive) : undefined;

  return {
    publish(message) {
      local.publish(message);
      // what a commit announces reaches the others by itself
      if (!shared || message.type === "changed" || message.type === "settings") return;
      const letter: Letter = { ...message, from: us };
      if (wire) wire.send(letter);
      else database.notify(letter);
    },
    subscribe: local.subscribe,
    async close() {
      await Promise.allSettled([listening.close(), wire?.close()]);
    },
  };
}
