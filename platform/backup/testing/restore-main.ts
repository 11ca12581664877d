/** A restore in a process of its own, which kills itself when it puts one key for the nth time: `restore-main.ts URL FILES BACKUP KEY-PREFIX N`. */
import { createFolderFiles } from "../../files/folder.ts";
import type { Place } from "./studio.ts";
import { restoreInto } from "./studio.ts";

const [url = "", filesPath = "", backup = "", prefix = "", count = "1"] = process.argv.slice(2);
const files = createFolderFiles(filesPath);
let left = Number(count);
const dying: Place["files"] = {
  ...files,
  async put(key, ...given) {
    if (key.startsWith(prefix) && --left === 0) process.kill(process.pid, "SIGKILL");
    return files.put(key, ...given);
  },
};
await restoreInto({ url, files: dying, filesPath, end: async () => undefined }, backup, { replace: true });
