/** Progress and previews between processes by Redis pub/sub: lost while Redis is away, back by itself when it is. */
import { Redis } from "ioredis";
import type { Log } from "../../core/log.ts";
import type { Letter } from "./letter.ts";

const channel = "myspinbot:bus";

export interface Wire {
  /** Never throws and never waits. */
  send(letter: Letter): void;
  close(): Promise<void>;
}

/** Waits up to two seconds for the subscription; a Redis that is down then is connected to later. */
export async function openRedisWire(url: string, log: Log, onLetter: (letter: unknown) => void): Promise<Wire> {
  const shared = { connectionName: "myspinbot-bus", retryStrategy: (times: number) => Math.min(100 * times, 1000) };
  const sender = new Redis(url, { ...shared, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  const receiver = new Redis(url, { ...shared, maxRetriesPerRequest: null });
  let away = false;
  receiver.on("error", (error) => {
    if (!away) log.warn({ err: error }, "Redis does not answer: progress of other processes is not shown until it does");
    away = true;
  });
  receiver.on("ready", () => {
    away = false;
  });
  // the receiver speaks for both
  sender.on("error", () => {});
  receiver.on("message", (_channel, text) => {
    try {
      onLetter(JSON.parse(text));
    } catch (error) {
      log.warn({ err: error }, "a message on the bus could not be read");
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 2000);
  });
  const ready = new Promise<void>((resolve) => sender.once("ready", () => resolve()));
  const subscribed = receiver.subscribe(channel).catch(() => undefined);
  await Promise.race([Promise.all([subscribed, ready]), patience]);
  clearTimeout(timer);
  return {
    send(letter) {
      sender.publish(channel, JSON.stringify(letter)).catch(() => undefined);
    },
    async close() {
      sender.disconnect();
      receiver.disconnect();
    },
  };
}
