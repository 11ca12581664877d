/** `npm run bench [-- NAME... --seed N --short]`: ratios against a baseline measured in the same run, interleaved; never a test. */
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { fileRoute } from "./files.ts";
import { endOnSignal, makeRunFolder } from "./interrupt.ts";
import { latency } from "./latency.ts";
import { mcp } from "./mcp.ts";
import { createReport } from "./numbers.ts";
import { openWebUi } from "./openwebui.ts";
import { rows } from "./rows.ts";
import { schedule } from "./schedule.ts";
import { start } from "./start.ts";
import { throughput } from "./throughput.ts";

const all = { latency, throughput, start, files: fileRoute, mcp, schedule, rows, openwebui: openWebUi };
// installs 1.7 GB where there is no Open WebUI yet; writes a million rows
const byNameOnly = ["openwebui", "rows"];
const { positionals: asked, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "1" }, short: { type: "boolean", default: false } },
});
const seed = Number(values.seed);
const report = createReport({ short: values.short });
for (const name of asked)
  if (!(name in all)) {
    report.say(`There is no benchmark "${name}". There are: ${Object.keys(all).join(", ")}.`);
    process.exit(1);
  }
if (!Number.isSafeInteger(seed)) {
  report.say(`--seed takes a whole number, not "${values.seed}".`);
  process.exit(1);
}
report.say(
  `Node ${process.version}, ${availableParallelism()} processors, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(" ")}`,
);
const removeFolder = makeRunFolder();
const ending = endOnSignal(removeFolder);
try {
  for (const [name, run] of Object.entries(all)) {
    if (asked.length > 0 ? !asked.includes(name) : byNameOnly.includes(name)) continue;
    report.say(`\n=== ${name}`);
    await run(report, { seed });
  }
} catch (error) {
  // the process then ends with what it started
  if (ending()) await new Promise(() => undefined);
  removeFolder();
  throw error;
}
removeFolder();
process.exit(0);
