/** `npm run bench [-- NAME... [--short]]`: ratios against a baseline measured in the same run, interleaved; never a test. */
import { availableParallelism, loadavg } from "node:os";
import { fileRoute } from "./files.ts";
import { endOnSignal, makeRunFolder } from "./interrupt.ts";
import { latency } from "./latency.ts";
import { mcp } from "./mcp.ts";
import { createReport } from "./numbers.ts";
import { openWebUi } from "./openwebui.ts";
import { start } from "./start.ts";
import { throughput } from "./throughput.ts";

const all = { latency, throughput, start, files: fileRoute, mcp, openwebui: openWebUi };
// installs 1.7 GB where there is no Open WebUI yet
const byNameOnly = ["openwebui"];
const short = process.argv.includes("--short");
const asked = process.argv.slice(2).filter((word) => word !== "--short");
const report = createReport({ short });
for (const name of asked)
  if (!(name in all)) {
    report.say(`There is no benchmark "${name}". There are: ${Object.keys(all).join(", ")}.`);
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
    await run(report);
  }
} catch (error) {
  // the process then ends with what it started
  if (ending()) await new Promise(() => undefined);
  removeFolder();
  throw error;
}
removeFolder();
process.exit(0);
