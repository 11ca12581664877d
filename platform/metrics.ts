/** What is measured, for Prometheus: counters and histograms as things happen, the state of the studio when it is asked for. */
import { collectDefaultMetrics } from "prom-client";
import type { Metrics } from "../core/ports/metrics.ts";
import { createHappenings } from "./metrics/happenings.ts";
import { createMakers } from "./metrics/make.ts";
import { createRowGauges, type RowSources } from "./metrics/rows.ts";
import { createSurroundings, type Surroundings } from "./metrics/surroundings.ts";

export interface MetricsSources extends RowSources {
  version: string;
  /** Default: both. */
  roles?: Readonly<Record<"http" | "worker", boolean>>;
  /** Whether this process takes no more work and ends; absent: it never says so. */
  draining?(): boolean;
}

export interface PrometheusMetrics extends Metrics {
  /** Never throws and never waits long: without a database its gauges are absent and `myspinbot_database_up` is 0. Those who ask at once share one answer. */
  text(): Promise<{ contentType: string; body: string }>;
  /** From now on these are looked at too; once. */
  watch(surroundings: Surroundings): void;
}

/** prom-client names these gauges as if they were counters, which `promtool` refuses. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

export function createMetrics({ version, roles = { http: true, worker: true }, draining, ...rows }: MetricsSources): PrometheusMetrics {
  const makers = createMakers();
  const { registry, gauge } = makers;
  // the usual hundred looks a second would keep an idle machine awake
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  for (const name of misnamed) registry.removeSingleMetric(name);

  const { expect, ...happenings } = createHappenings(makers);
  const rowGauges = createRowGauges(makers, rows);
  gauge("myspinbot_build_info", "Always 1; the label tells the version.", ["version"]).set({ version }, 1);
  const role = gauge("myspinbot_role_info", "Always 1, one for each role of this process.", ["role"]);
  for (const name of ["http", "worker"] as const) if (roles[name]) role.set({ role: name }, 1);
  const drains = gauge("myspinbot_draining", "Whether this process takes no more work and ends (1) or not (0).", []);
  let surroundings: ReturnType<typeof createSurroundings> | undefined;

  async function collect(): Promise<{ contentType: string; body: string }> {
    // side by side with the rows, so that a quick answer is in this very scrape
    surroundings?.look();
    await rowGauges.read();
    surroundings?.show();
    drains.set(draining?.() ? 1 : 0);
    return { contentType: registry.contentType, body: await registry.metrics() };
  }
  let collecting: ReturnType<typeof collect> | undefined;

  return {
    ...happenings,
    text() {
      collecting ??= collect().finally(() => {
        collecting = undefined;
      });
      return collecting;
    },
    watch(parts) {
      expect(parts.tools, roles);
      surroundings = createSurroundings(makers, parts);
      surroundings.look();
    },
  };
}
