/** Photos that a message brought, kept by the thread: a later message may mean "those". */
import { maxAttachments } from "../../core/limits.ts";
import { photosOf } from "../training/files.ts";
import type { Memory } from "./memory.ts";

export interface Brought {
  /** The assistant message that answered it. */
  message: string;
  photos: readonly string[];
}

/** Messages that are remembered. */
const mostMessages = 20;

/** With what this message brought, once however often it runs; the oldest make room, so that the thread holds a few kilobytes of it. */
export function remember(before: readonly Brought[], message: string, memory: Memory): Brought[] {
  let left = maxAttachments;
  return [...before.filter((one) => one.message !== message), { message, photos: [...photosOf(memory)] }]
    .slice(-mostMessages)
    .reverse()
    .filter(({ photos }) => {
      left -= photos.length;
      return left >= 0;
    })
    .reverse();
}
