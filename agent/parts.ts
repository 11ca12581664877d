/** The way from the graph's nodes to whoever reads the turn: parts in order, and nothing waits for a reader. */
import type { Part } from "../core/chat.ts";

export interface PartStream extends AsyncIterable<Part> {
  emit(part: Part): void;
  end(): void;
}

export function createPartStream(): PartStream {
  const waiting: Part[] = [];
  let ended = false;
  let wake = () => {};
  return {
    emit(part) {
      waiting.push(part);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        const part = waiting.shift();
        if (part) yield part;
        else if (ended) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}
