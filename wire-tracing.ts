/** Traces where the settings ask for them; else nothing of OpenTelemetry is loaded. */
import type { Config } from "./config.ts";
import type { Log } from "./core/log.ts";
import { noTracing, type Tracing } from "./core/ports/tracing.ts";

/** Milliseconds that the last spans have at the end of the process. */
const lastMs = 2000;

/** Pushed to `stops` early, it is closed late: how the last attempts end is told too. */
export async function wireTracing(
  { config, version, log }: { config: Pick<Config, "roles" | "tracing">; version: string; log: Log },
  stops: ((ms: number) => Promise<unknown>)[],
): Promise<{ tracing: Tracing; tracesDropped?: () => number }> {
  if (!config.tracing) return { tracing: noTracing };
  const { createTracing } = await import("./platform/tracing/tracing.ts");
  const roles = Object.entries(config.roles).flatMap(([role, has]) => (has ? [role] : []));
  const tracing = createTracing({ ...config.tracing, service: config.tracing.service ?? `myspinbot-${roles.join("-")}`, version, log });
  stops.push(() => tracing.close(lastMs));
  return { tracing, tracesDropped: tracing.dropped };
}
