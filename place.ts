/** Where the studio of a data folder is, and how a command gets hold of it. */

import { connect } from "./cli/launch.ts";
import { spawnServer } from "./cli/spawn-server.ts";
import type { Client } from "./core/client.ts";
import { createHttpClient } from "./http/client.ts";
import { type DataFolder, openDataFolder } from "./platform/data-folder/data-folder.ts";

/**
 * Node's usual 16 MB for young objects, held twice and more, are for servers that do nothing else: a studio shares its machine with a chat model. The first line of
 * main.ts and the container say the same.
 */
export const leanHeap = ["--max-semi-space-size=2"] as const;

export interface Place {
  /** Absolute path of the data folder. */
  data: string;
  /** The program's own file, to start it as a server. */
  main: string;
  say(text: string): void;
}

export function dataFolder(place: Place): Promise<DataFolder> {
  return openDataFolder(place.data, place.say);
}

/** The running studio, or one that is started for this. Failure `not_running` with its own words when it does not come up. */
export function connectStudio(place: Place, folder: DataFolder, signal?: AbortSignal): Promise<Client> {
  return connect({
    socketPath: folder.socketPath,
    makeClient: (socketPath) => createHttpClient({ socketPath }),
    spawnServer: () =>
      spawnServer({
        command: [process.execPath, ...leanHeap, ...process.execArgv, place.main, "start", "--idle"],
        logPath: folder.logPath,
      }),
    lockHeld: async () => (await folder.owner()) !== undefined,
    copying: async () => (await folder.owner())?.purpose,
    say: place.say,
    ...(signal ? { signal } : {}),
  });
}
