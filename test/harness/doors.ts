/** `npm run doors`: many ways into one studio at once, and polite ends at bad moments. A scene's number as argument runs that one alone. */
import { createChecks } from "./checks.ts";
import { doorsAtOnce } from "./doors/at-once.ts";
import { interruptedChat } from "./doors/interrupt.ts";
import { stopsInMidWork } from "./doors/stops.ts";
import { build } from "./product.ts";

const scenes = [
  ["Two MCP clients, chat and start at once on one empty data folder", doorsAtOnce],
  ["Ctrl-C in chat at half of a ten second render", interruptedChat],
  ["SIGINT to the process group and SIGTERM in mid-work", stopsInMidWork],
] as const;

build();
const checks = createChecks();
const only = process.argv[2];
for (const [index, [what, play]] of scenes.entries()) if (!only || only === `${index + 1}`) await checks.scene(what, () => play(checks));
process.exit(checks.end());
