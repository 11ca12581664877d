/** An access key that may do what Open WebUI needs, and no more. */
import { type Connection, field } from "./connection.ts";

/** `act-as` speaks for the people of Open WebUI, `train` and `voice` let them train and clone from the chat (docs/access.md). */
const wanted = { name: "open-webui", scopes: ["act-as", "jobs:read", "jobs:write", "train", "voice"] } as const;

export interface StudioKeys {
  /** Whether the studio still takes it. */
  works(key: string): Promise<boolean>;
  /** Its text, this once. */
  create(): Promise<string>;
}

export function studioKeys(studio: Connection, adminKey: string): StudioKeys {
  return {
    async works(key) {
      // only a plain no counts: a studio that is just starting must not get one key more
      const { status } = await studio.ask("GET", "/v1/tools", key);
      if (status !== 200 && status !== 401 && status !== 403) throw new Error(`The studio answers ${status}; it is tried again.`);
      return status === 200;
    },
    async create() {
      const secret = field(await studio.must("POST", "/v1/keys", adminKey, wanted), "secret");
      if (typeof secret !== "string") throw new Error("The studio made a key and did not tell it.");
      return secret;
    },
  };
}

/** The one that is in use where it still works, else a new one. The key for everything is never handed on. */
export async function keyFor(keys: StudioKeys, inUse: string | undefined): Promise<string> {
  return inUse !== undefined && (await keys.works(inUse)) ? inUse : keys.create();
}
