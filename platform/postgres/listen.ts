/** LISTEN on a connection of its own that comes back by itself. */
import pg from "pg";
import type { BusMessage } from "../../core/event.ts";
import type { Log } from "../../core/log.ts";
import { channel } from "./change.ts";
import { databaseFailure } from "./errors.ts";

export interface Listening {
  close(): Promise<void>;
}

const firstDelay = 100;
const longestDelay = 5000;

/**
 * Failure `database_unavailable` when the first connection fails; later ones are tried for ever.
 * @param onMessage each notification of ours.
 * @param onGap after a reconnect: what was notified meanwhile is lost, so look at the rows.
 */
export async function listen(url: string, log: Log, onMessage: (message: BusMessage) => void, onGap: () => void): Promise<Listening> {
  let client: pg.Client | undefined;
  let closed = false;
  let delay = firstDelay;
  let timer: NodeJS.Timeout | undefined;

  const hear = (note: pg.Notification): void => {
    if (note.channel !== channel || !note.payload) return;
    try {
      onMessage(JSON.parse(note.payload) as BusMessage);
    } catch (error) {
      log.warn({ err: error }, "a notification could not be read");
    }
  };

  /** Listens, or throws with nothing left behind. */
  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: "myspinbot-listen",
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 10_000,
    });
    // a connection that fails tells it two or three ways; only the loss of one that listened starts the next
    const lost = (error?: unknown): void => {
      if (client !== fresh) return;
      client = undefined;
      void fresh.end().catch(() => undefined);
      if (!closed) again(error);
    };
    fresh.on("error", lost);
    fresh.on("end", () => lost());
    fresh.on("notification", hear);
    try {
      await fresh.connect();
      await fresh.query(`listen ${channel}`);
    } catch (error) {
      void fresh.end().catch(() => undefined);
      throw error;
    }
    if (closed) return void (await fresh.end().catch(() => undefined));
    client = fresh;
    delay = firstDelay;
  };

  const again = (error?: unknown): void => {
    log.warn({ err: error, delay }, "the connection for notifications was lost; connecting again");
    timer = setTimeout(() => {
      connect().then(
        () => closed || onGap(),
        (problem) => closed || again(problem),
      );
    }, delay);
    delay = Math.min(delay * 2, longestDelay);
  };

  try {
    await connect();
  } catch (error) {
    throw databaseFailure(error);
  }
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end().catch(() => undefined);
    },
  };
}
