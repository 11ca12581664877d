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
  let kept: Buffer[] = [];
  let size = 0;
  let left = 0;
  let found: Found | undefined;
  const steps = walk(() => position);
  let step: Step;

  const advance = (answer?: Buffer): void => {
    const next = answer === undefined ? steps.next() : steps.next(answer);
    [kept, size] = [[], 0];
    if (next.done) {
      found = next.value;
      step = { tail: 0 };
    } else step = next.value;
    left = "skip" in step ? step.skip : 0;
  };
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
          if (step.tail > 0) kept = [Buffer.concat([...kept, rest.subarray(-step.tail)]).subarray(-step.tail)];
          return;
        }
        const wanted = "skip" in step ? left : step.take - size;
        const piece = rest.subarray(0, wanted);
        rest = rest.subarray(piece.length);
        position += piece.length;
        if ("skip" in step) left -= piece.length;
        else {
          kept.push(piece);
          size += piece.length;
          if (size === step.take) advance(Buffer.concat(kept));
        }
      }
    },
    end() {
      for (let tries = 0; !found && tries < 2; tries++) {
        if ("skip" in step || ("take" in step && (!step.orEnd || size > 0))) throw endsEarly();
        advance(Buffer.concat(kept));
        settle();
      }
      if (!found) throw endsEarly();
      return found;
    },
  };
}
