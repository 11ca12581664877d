/** Whether an engine or model ever answered here: what did is waited for when it is down, and never replaced by a preview. */
import type { Settings } from "../../core/ports/stores.ts";

export interface Seen {
  /** Throws what the settings throw: a choice must not be made on a guess. */
  get(id?: string): Promise<boolean>;
  set(id?: string): Promise<void>;
  /** For a table of states, which must not break with the database: true where that cannot tell, because "down" promises less than "absent". */
  likely(): Promise<boolean>;
}

export function createSeen(settings: Pick<Settings, "get" | "set">, name: string): Seen {
  const get = async (id = name) => Boolean(await settings.get(`seen.${id}`));
  return {
    get,
    set: (id = name) => settings.set(`seen.${id}`, true),
    likely: () => get().catch(() => true),
  };
}
