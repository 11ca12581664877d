/** Which conversation a `chat` continues: the last one of this person, while it is fresh. */
import { randomBytes } from "node:crypto";
import { readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Milliseconds after which a new `chat` starts afresh. */
const fresh = 12 * 60 * 60 * 1000;

const kept = z.object({ conversation: z.string().regex(/^[\w-]{1,200}$/), at: z.number() });

export interface Conversations {
  /** The last conversation if it is younger than 12 hours. */
  last(): Promise<string | undefined>;
  remember(conversation: string): Promise<void>;
}

/** @param folder the data folder's `cli`. What cannot be kept is no error: the next `chat` then starts afresh. */
export function createConversations(folder: string, now: () => number = Date.now): Conversations {
  const file = join(folder, "conversation.json");
  return {
    async last() {
      try {
        const { conversation, at } = kept.parse(JSON.parse(await readFile(file, "utf8")));
        return now() - at < fresh && at <= now() ? conversation : undefined;
      } catch {
        return undefined;
      }
    },
    async remember(conversation) {
      const aside = join(folder, `.${randomBytes(8).toString("hex")}`);
      try {
        await writeFile(aside, JSON.stringify({ conversation, at: now() }), { mode: 0o600 });
        await rename(aside, file);
      } catch {
        await unlink(aside).catch(() => undefined);
      }
    },
  };
}
