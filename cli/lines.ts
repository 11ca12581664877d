/** Lines of a reader one at a time, none lost while a turn runs. */
import type { Interface } from "node:readline";

/** `next` gives undefined once the input has ended and every line was taken. */
export function createLines(reader: Interface): { next(): Promise<string | undefined> } {
  const waiting: string[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  reader.on("line", (line) => {
    waiting.push(line);
    wake?.();
  });
  reader.on("close", () => {
    ended = true;
    wake?.();
  });
  return {
    async next() {
      while (waiting.length === 0 && !ended)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return waiting.shift();
    },
  };
}
