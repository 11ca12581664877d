/** Ports in memory, just enough to test a worker: a queue that one lane drains, files in a map, media that changes nothing. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { BusMessage } from "../../core/event.ts";
import { Failure } from "../../core/failure.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { FileStore } from "../../core/ports/files.ts";
import type { Media } from "../../core/ports/media.ts";
import { type LaneHandlers, type LaneQueue, type Queue, type QueueItem, TryAgain } from "../../core/ports/queue.ts";

export interface MemoryQueue extends Queue {
  items: Map<string, QueueItem>;
  /** Families in the order in which a lane opened them. */
  opened: (string | undefined)[];
  /** Ids that a handler sent back. */
  again: string[];
  /** As after a FLUSHALL. */
  forget(): void;
}

export function memoryQueue(): MemoryQueue {
  const items = new Map<string, QueueItem>();
  const active = new Set<string>();
  const lanes = new Set<() => void>();
  const poke = () => {
    for (const lane of lanes) lane();
  };
  const queue: MemoryQueue = {
    items,
    opened: [],
    again: [],
    forget: () => items.clear(),
    async add(item) {
      if (!items.has(item.id)) items.set(item.id, item);
      poke();
    },
    async remove({ id }) {
      if (!active.has(id)) items.delete(id);
    },
    has: async ({ id }) => items.has(id),
    async lane(_name, _families, handlers: LaneHandlers): Promise<LaneQueue> {
      let open: string | undefined;
      let closed = false;
      let busy: Promise<void> | undefined;
      const work = async () => {
        for (;;) {
          const next = [...items.values()]
            .filter((item) => item.family === open && !active.has(item.id) && !queue.again.includes(item.id))
            .sort((a, b) => a.priority - b.priority)[0];
          if (!next || closed) return;
          active.add(next.id);
          try {
            await handlers.handle(next.id, new AbortController().signal);
            items.delete(next.id);
          } catch (error) {
            if (!(error instanceof TryAgain)) throw error;
            queue.again.push(next.id);
          } finally {
            active.delete(next.id);
          }
          await handlers.between();
        }
      };
      const start = () => {
        busy ??= work().finally(() => {
          busy = undefined;
          // something may have come while the last round ended
          if (!closed && [...items.values()].some((item) => item.family === open && !queue.again.includes(item.id))) start();
        });
      };
      lanes.add(start);
      return {
        get family() {
          return open;
        },
        async open(family) {
          open = family;
          queue.opened.push(family);
          start();
        },
        async close() {
          closed = true;
          await busy;
        },
      };
    },
    async every() {},
    depths: async () => ({}),
    async close() {},
  };
  return queue;
}

export function memoryFiles(): FileStore & { stored: Map<string, Buffer> } {
  const stored = new Map<string, Buffer>();
  return {
    stored,
    async put(key, body) {
      const bytes = body instanceof Uint8Array ? Buffer.from(body) : await buffer(body);
      stored.set(key, bytes);
      return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    },
    async open(key) {
      const bytes = stored.get(key);
      if (!bytes) throw new Failure("unknown_artifact", "There is no such file.");
      return Readable.from([bytes]);
    },
    async stat(key) {
      const bytes = stored.get(key);
      return bytes && { bytes: bytes.length };
    },
    async remove(key) {
      stored.delete(key);
    },
    async *list(prefix) {
      for (const [key, bytes] of stored) if (key.startsWith(prefix)) yield { key, bytes: bytes.length, modifiedAt: new Date(0) };
    },
    async check() {},
  };
}

export const plainMedia: Media = {
  tell: () => "picture",
  inspect: async () => ({ mediaType: "image/png", width: 8, height: 8 }),
  stamp: async (bytes) => bytes,
  strip: async (bytes) => bytes,
  thumbnail: async (bytes) => bytes,
  describe: async () => ({}),
};

export function memoryBus(): Bus & { heard: BusMessage[] } {
  const listeners = new Set<(message: BusMessage) => void>();
  const heard: BusMessage[] = [];
  return {
    heard,
    publish(message) {
      heard.push(message);
      for (const listener of listeners) listener(message);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
