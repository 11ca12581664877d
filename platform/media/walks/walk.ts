/** A file looked through while it passes by: a format's walk asks for the few bytes that it must see, and the rest is counted, not kept. */
import type { FileCheck } from "../../../core/ports/media.ts";
import { endsEarly } from "../kinds.ts";

/** `take`: exactly so many bytes, handed over (`orEnd`: none where the file ends just there). `skip`: passed by. `tail`: all that is left; the last so many are handed over. */
export type Step = { take: number; orEnd?: boolean } | { skip: number } | { tail: number };
export interface Found {
  mediaType: string;
  /** Of its name, without the dot. */
  ending: string;
}
/** @param at how many bytes were taken and passed by so far. */
export type Walk = (at: () => number) => Generator<Step, Found, Buffer>;

const nothing = Buffer.alloc(0);

export function walking(walk: Walk): FileCheck {
  let position = 0;
  let kept = nothing;
  let size = 0;
  let left = 0;
  let found: Found | undefined;
  const steps = walk(() => position);
  let step: Step;

  const advance = (answer?: Buffer): void => {
    const next = answer === undefined ? steps.next() : steps.next(answer);
    [kept, size] = [nothing, 0];
    if (next.done) {
      found = next.value;
      step = { tail: 0 };
    } else step = next.value;
    left = "skip" in step ? step.skip : 0;
  };
  /** Grown by doubling: a sender chooses how small its pieces are, and neither an object nor a copy of all for each would do. */
  const keep = (piece: Buffer): void => {
    if (size + piece.length > kept.length) {
      const grown = Buffer.alloc(Math.max(size + piece.length, 2 * kept.length));
      kept.copy(grown, 0, 0, size);
      kept = grown;
    }
    piece.copy(kept, size);
    size += piece.length;
  };
  const keepTail = (piece: Buffer, most: number): void => {
    if (size + piece.length > 2 * most + 65_536) {
      const left = Math.min(size, most);
      kept.copyWithin(0, size - left, size);
      size = left;
    }
    keep(piece);
  };
  const held = (): Buffer => kept.subarray("tail" in step ? Math.max(0, size - step.tail) : 0, size);
  /** Steps that are complete without another byte. */
  const settle = (): void => {
    while (("take" in step && step.take === 0) || ("skip" in step && left === 0)) advance(nothing);
  };

  step = { tail: 0 };
  advance();
  settle();
  return {
    feed(chunk) {
      for (let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength); rest.length > 0; settle()) {
        if ("tail" in step) {
          position += rest.length;
          if (step.tail > 0) keepTail(rest.subarray(-step.tail), step.tail);
          return;
        }
        const wanted = "skip" in step ? left : step.take - size;
        const piece = rest.subarray(0, wanted);
        rest = rest.subarray(piece.length);
        position += piece.length;
        if ("skip" in step) left -= piece.length;
        else {
          keep(piece);
          if (size === step.take) advance(held());
        }
      }
    },
    end() {
      for (let tries = 0; !found && tries < 2; tries++) {
        if ("skip" in step || ("take" in step && (!step.orEnd || size > 0))) throw endsEarly();
        advance(held());
        settle();
      }
      if (!found) throw endsEarly();
      return found;
    },
  };
}
