/** Photos, recordings and videos that a message brought, kept by the thread: a later message may mean "those". */
import { maxAttachments } from "../../core/limits.ts";
import { photosOf } from "../training/files.ts";
import type { FileKind } from "./kinds.ts";
import type { Memory } from "./memory.ts";

export interface Brought {
  /** The assistant message that answered it. */
  message: string;
  photos: readonly string[];
  /** What can be heard, or moves, in their order. */
  media?: readonly { id: string; kind: FileKind }[];
  /** Milliseconds since 1970. */
  at?: number;
}

/** Messages that are remembered. */
const mostMessages = 20;

/** With what this message brought, once however often it runs; the oldest make room, so that the thread holds a few kilobytes of it. */
export function remember(before: readonly Brought[], message: string, memory: Memory): Brought[] {
  let left = maxAttachments;
  const { attachments, sounds, videos } = memory;
  const media = attachments.flatMap((id): { id: string; kind: FileKind }[] =>
    sounds?.has(id) ? [{ id, kind: "sound" }] : videos?.has(id) ? [{ id, kind: "video" }] : [],
  );
  const photos = photosOf(memory).filter((id) => !sounds?.has(id) && !videos?.has(id));
  const brought = { message, photos, ...(media.length > 0 ? { media, at: Date.now() } : {}) };
  return [...before.filter((one) => one.message !== message), brought]
    .slice(-mostMessages)
    .reverse()
    .filter(({ photos, media = [] }) => {
      left -= photos.length + media.length;
      return left >= 0;
    })
    .reverse();
}
