/** A process that tries to own a data folder whenever it is told to, tells how it went, and holds on until it is told to let go or is ended. */
import { Failure } from "../../../core/failure.ts";
import { openDataFolder } from "../data-folder.ts";

const [path = "", url = ""] = process.argv.slice(2);
let release: (() => Promise<void>) | undefined;

process.on("message", async (command) => {
  try {
    if (command === "release") {
      await release?.();
      process.send?.({ released: true });
      return;
    }
    const folder = await openDataFolder(path, () => undefined);
    release = await folder.lock();
    if (url) await folder.writeServerInfo({ pid: process.pid, version: "0", url });
    process.send?.({ won: true });
  } catch (error) {
    process.send?.({ won: false, code: error instanceof Failure ? error.code : "other", message: String(error) });
  }
});
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
