/** Small durable things beside jobs: settings and the plans of chat turns. */
import type { Json, JsonObject } from "../json.ts";

export interface Settings {
  get(name: string): Promise<Json | undefined>;
  /** Commits, then tells every process by a bus message `settings`. */
  set(name: string, value: Json): Promise<void>;
  /** Keeps the first value of a name: returns the stored one, whichever writer won. Tells nobody. */
  keep(name: string, value: Json): Promise<Json>;
}

/** A plan is stored before its first submit; a turn that runs again reads it instead of planning anew. */
export interface Plans {
  /** `conversation` is the name under which one principal's conversation is kept, not what they call it. */
  find(conversation: string, message: string): Promise<JsonObject | undefined>;
  /** Keeps the first plan of a message: returns the stored one, whichever writer won. */
  keep(principal: string, conversation: string, message: string, plan: JsonObject): Promise<JsonObject>;
}
