/** `npm run bench [-- NAME...]`: ratios against a baseline measured in the same run, interleaved; never a test. */
import { availableParallelism, loadavg } from "node:os";
import { fileRoute } from "./files.ts";
import { latency } from "./latency.ts";
import { mcp } from "./mcp.ts";
import { createReport } from "./numbers.ts";
import { openWebUi } from "./openwebui.ts";
import { start } from "./start.ts";
import { throughput } from "./throughput.ts";

const all = { latency, throughput, start, files: fileRoute, mcp, openwebui: openWebUi };
// installs 1.7 GB where there is no Open WebUI yet
const byNameOnly = ["openwebui"];
const asked = process.argv.slice(2);
const report = createReport();
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
for (const [name, run] of Object.entries(all)) {
  if (asked.length > 0 ? !asked.includes(name) : byNameOnly.includes(name)) continue;
  report.say(`\n=== ${name}`);
  await run(report);
}
process.exit(0);
