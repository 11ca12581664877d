/** A whole studio that makes one picture; then prints which modules of OpenTelemetry are loaded. Settings come from the environment. */
import { createRequire } from "node:module";
import { jobsOf, startProduct } from "../../setup/product.ts";

const { OTEL_EXPORTER_OTLP_ENDPOINT = "" } = process.env;
const product = await startProduct({ OTEL_EXPORTER_OTLP_ENDPOINT });
const [job] = jobsOf(await product.say("/render a fox --size 64x64"));
const metrics = await (await fetch(`${product.url}/metrics`)).text();
await product.close();
// they are CommonJS: whoever imports one finds it here. Not its API, a few constants that prom-client brings in any case
const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => /\/@opentelemetry\/(?!api\/)/.test(path));
process.stdout.write(
  `${JSON.stringify({ state: job?.state, loaded: loaded.length, counted: metrics.includes("myspinbot_traces_dropped_total") })}\n`,
);
process.exit();
