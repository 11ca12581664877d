/**
 * Whose stored files these are: a mark in the store names the database whose rows name them, so that what only another one knows never looks like a leftover.
 * A restore changes the mark before it changes the rows, and may be killed in between: it notes first what the mark was.
 */
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { FileStore } from "./ports/files.ts";

/** Beside the results, so that both go where they go. */
const markKey = "installation/id";
const noteKey = "installation/restoring";

const noteSchema = z.object({
  /** Whose they were; left out where nobody had marked them. */
  from: z.string().exactOptional(),
  to: z.string(),
});

type Store = Pick<FileStore, "open" | "put" | "stat" | "remove">;

export interface StoreOwner {
  /** A database's mark; undefined where nobody has marked the store. */
  whose: string | undefined;
  /** A restore that began here has not told its end: it is at work, or it was killed. */
  unsettled: boolean;
}

const read = async (files: Pick<Store, "open" | "stat">, key: string): Promise<string | undefined> =>
  (await files.stat(key)) ? (await text(await files.open(key))).trim() : undefined;

function parsed(note: string): z.output<typeof noteSchema> | undefined {
  try {
    return noteSchema.parse(JSON.parse(note));
  } catch {
    return undefined;
  }
}

/** @param database the mark of the database that asks, if it has one: by it is told whether a restore put its rows before it ended. */
export async function storeOwner(files: Pick<Store, "open" | "stat">, database: string | undefined): Promise<StoreOwner> {
  const [mark, kept] = [await read(files, markKey), await read(files, noteKey)];
  const note = kept === undefined ? undefined : parsed(kept);
  const isHalf = note !== undefined && note.to === mark && note.to !== database;
  return { whose: isHalf ? note.from : mark, unsettled: kept !== undefined };
}

/** Before a restore: from here on they are those of the backup. */
export async function beginStoreChange(files: Store, from: string | undefined, to: string): Promise<void> {
  // one that was killed before may have left its own mark, which the note of this one would not explain
  if ((await read(files, markKey)) !== from) await (from === undefined ? files.remove(markKey) : files.put(markKey, Buffer.from(from)));
  await files.put(noteKey, Buffer.from(JSON.stringify({ ...(from === undefined ? {} : { from }), to })));
  await files.put(markKey, Buffer.from(to));
}

/** Whatever was begun is over, and they are this database's; undefined = nobody's. */
export async function settleStore(files: Pick<Store, "put" | "remove">, whose: string | undefined): Promise<void> {
  await (whose === undefined ? files.remove(markKey) : files.put(markKey, Buffer.from(whose)));
  await files.remove(noteKey);
}
