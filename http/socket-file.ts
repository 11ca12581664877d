/** A socket's place in the file system: what a dead server left there is taken away, a living one is left alone. */
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { Failure } from "../core/failure.ts";

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Failure `folder_in_use` where a server answers, `config` where something else lies. */
export async function clearSocketFile(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw new Failure("config", "A file that is no socket lies where the data folder's socket belongs. Move it away.");
  if (await answers(path)) throw new Failure("folder_in_use", "Another server already serves this data folder. Use it, or stop it first.");
  await unlink(path).catch(() => undefined);
}
