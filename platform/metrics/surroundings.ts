/** What lies around this process, looked at in the background: engines, the chat model, the queue, the storage, the disks. */
import { statfs } from "node:fs/promises";
import { createLook, type Look } from "./look.ts";
import type { Makers } from "./make.ts";

/** `absent`: never configured or seen, and so no series. */
type Presence = "up" | "down" | "absent";

export interface Surroundings {
  /** Job tools, whose counters begin with zero. */
  tools: readonly string[];
  /** By engine. */
  engines: Readonly<Record<string, () => Promise<Presence>>>;
  chatModel(): Promise<Presence>;
  /** Resolves where it works. */
  queue(): Promise<void>;
  /** Writes, reads and removes a small file. */
  storage(): Promise<void>;
  /** Folders on disks that fill up, by what they are called. */
  disks: Readonly<Record<string, string>>;
  /** Traces that were thrown away because nobody took them; absent where none are made. */
  tracesDropped?(): number;
}

/** A little less than the usual interval of scrapes: at exactly that, every other one would find the look before. */
const usualMs = 14_000;
const storageMs = 60_000;

const works = (check: () => Promise<void>) => async (): Promise<Presence> => {
  await check();
  return "up";
};

/** 1, 0, or undefined where there is nothing to say. */
function numberFor(latest: Presence | "failed" | undefined): number | undefined {
  if (latest === undefined || latest === "absent") return undefined;
  return latest === "up" ? 1 : 0;
}

export function createSurroundings(makers: Makers, parts: Surroundings): { look(): void; show(): void } {
  const { gauge, counter } = makers;
  const engineUp = gauge("myspinbot_engine_up", "Whether an engine that is configured, or was seen once, answers (1) or not (0).", [
    "engine",
  ]);
  const free = gauge("myspinbot_disk_free_bytes", "Free space for this user on the disk of the folder.", ["path"]);
  const size = gauge("myspinbot_disk_size_bytes", "Size of the disk of the folder.", ["path"]);
  const engines = Object.entries(parts.engines).map(([engine, ask]) => ({ engine, seen: createLook(ask, { everyMs: usualMs }) }));
  const disks = Object.entries(parts.disks).map(([path, folder]) => ({
    path,
    seen: createLook(() => statfs(folder), { everyMs: usualMs }),
  }));
  const single = (name: string, help: string, ask: () => Promise<Presence>, everyMs = usualMs) => ({
    shown: gauge(name, help, []),
    seen: createLook(ask, { everyMs }),
  });
  const singles: { shown: ReturnType<typeof gauge>; seen: Look<Presence> }[] = [
    single(
      "myspinbot_chat_model_up",
      "Whether the chat model that is configured, or was seen once, answers (1) or not (0).",
      parts.chatModel,
    ),
    single("myspinbot_queue_up", "Whether the queue answers (1) or not (0).", works(parts.queue)),
    single("myspinbot_storage_up", "Whether a small file could be stored and read (1) or not (0).", works(parts.storage), storageMs),
  ];
  const looks: Look<unknown>[] = [...engines, ...disks, ...singles].map(({ seen }) => seen);
  const { tracesDropped } = parts;
  const dropped = tracesDropped && counter("myspinbot_traces_dropped_total", "Spans that were thrown away because nobody took them.", []);

  return {
    look() {
      for (const each of looks) each.start();
    },
    show() {
      for (const each of [engineUp, free, size]) each.reset();
      for (const { engine, seen } of engines) {
        const value = numberFor(seen.latest);
        if (value !== undefined) engineUp.set({ engine }, value);
      }
      for (const { path, seen } of disks) {
        if (seen.latest === undefined || seen.latest === "failed") continue;
        const { bavail, blocks, bsize } = seen.latest;
        free.set({ path }, bavail * bsize);
        size.set({ path }, blocks * bsize);
      }
      for (const { shown, seen } of singles) {
        const value = numberFor(seen.latest);
        if (value === undefined) shown.remove();
        else shown.set(value);
      }
      if (dropped && tracesDropped) {
        dropped.reset();
        dropped.inc(Math.max(0, tracesDropped()));
      }
    },
  };
}
