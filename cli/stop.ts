/** `stop`: asks the owner of the data folder to end, and waits until it has. */
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds: the server gives running work 10 s. */
const patience = 30_000;

interface Owned {
  readonly path: string;
  owner(): Promise<{ pid: number; purpose?: "backup" | "restore" } | undefined>;
}

/** @returns the exit code: 0 also where none ran. */
export async function stopStudio(folder: Owned, say: (text: string) => void): Promise<number> {
  const owner = await folder.owner();
  if (!owner) {
    say(`No studio runs on ${folder.path}.`);
    return 0;
  }
  if (owner.purpose) {
    say(
      `error: No studio runs on ${folder.path}: a ${owner.purpose} has it (pid ${owner.pid}). It ends by itself; Ctrl-C where it runs, or kill ${owner.pid}, breaks it off.`,
    );
    return 1;
  }
  try {
    process.kill(owner.pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPERM") {
      say(`error: The studio (pid ${owner.pid}) belongs to another user. Stop it as that user.`);
      return 1;
    }
  }
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50))
    if ((await folder.owner())?.pid !== owner.pid) {
      say("Stopped. Jobs that were not finished go on at the next start.");
      return 0;
    }
  say(`error: The studio (pid ${owner.pid}) does not end. kill -9 ${owner.pid} does no harm: nothing that was accepted is lost.`);
  return 1;
}
