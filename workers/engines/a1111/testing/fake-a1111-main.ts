/** The fake A1111 as a process: `node --import tsx fake-a1111-main.ts --port N --step-ms 50 --dialect forge|a1111 --device cuda|cpu`. */
import { parseArgs } from "node:util";
import { startFakeA1111 } from "./fake-a1111.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "step-ms": { type: "string", default: "50" },
    dialect: { type: "string", default: "forge" },
    device: { type: "string", default: "cuda" },
  },
});
const fake = await startFakeA1111({
  port: Number(values.port),
  stepMs: Number(values["step-ms"]),
  dialect: values.dialect === "a1111" ? "a1111" : "forge",
  device: values.device === "cpu" ? "cpu" : "cuda",
});
// the one line that a harness reads
console.log(JSON.stringify({ url: fake.url, pid: process.pid }));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void fake.close().then(() => process.exit(0)));
